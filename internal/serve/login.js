// Takes the token out of the address's fragment, which the browser sent to nobody, and
// asks for a cookie.
(async () => {
  const say = (text) => { document.getElementById('say').textContent = text; };
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!token) { say('Open the address that inferometer printed: it ends with the token.'); return; }
  try {
    const answer = await fetch('/login', { method: 'POST', body: token });
    if (!answer.ok) { say('The token is not that of this server. Each start of inferometer serve prints a new address.'); return; }
    history.replaceState(null, '', location.pathname);
    location.reload();
  } catch {
    say('The server does not answer. Is inferometer still running?');
  }
})();
