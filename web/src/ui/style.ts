// What the app adds is styled by a sheet that a script makes: a page's policy allows
// that, and the page needs to know nothing of it. Colours are the page's.

const sheet = `
.app-chart{font-size:12px;line-height:1.4}
.app-head{display:flex;justify-content:space-between;gap:.6rem;align-items:baseline}
.app-title{font-size:15px;font-weight:650;color:var(--ink);overflow-wrap:anywhere}
.app-evidence{font-size:12px;color:var(--soft);white-space:nowrap}
.app-evidence.simulated{color:var(--open,var(--soft))}
.app-subtitle{font-size:13px;color:var(--soft);margin:.1rem 0 .35rem}
.app-legend{display:flex;flex-wrap:wrap;gap:.1rem .25rem;margin:.2rem 0 .3rem}
.app-legend button{display:inline-flex;align-items:center;gap:.4rem;border:0;background:none;color:var(--ink);font:13px/1.3 inherit;font-family:inherit;padding:.2rem .4rem;border-radius:.3rem;cursor:pointer;min-height:26px}
.app-legend button:hover,.app-toolbar button:hover{background:var(--line)}
.app-legend button[aria-pressed=false]{color:var(--soft);text-decoration:line-through}
.app-legend button[aria-pressed=false] .app-key{opacity:.3}
.app-key{display:inline-block;width:12px;height:12px;border-radius:2px;background:currentColor;flex:none}
.app-key.line{width:18px;height:0;border-top:3px solid currentColor;background:none;border-radius:0}
.app-key.dashed{border-top-style:dashed}
.app-axis{font-size:12px;color:var(--soft)}
.app-axis.x{text-align:center}
.app-plot{position:relative;width:100%;min-height:120px;touch-action:pan-y;border-radius:.3rem;cursor:crosshair;user-select:none;-webkit-user-select:none}
.app-canvas{position:absolute;inset:0;overflow:hidden}
figure .app-canvas svg{width:auto;height:auto;min-width:0;display:block}
.app-cross{position:absolute;top:8px;bottom:24px;width:0;border-left:1px dashed var(--soft);pointer-events:none}
.app-selection{position:absolute;top:0;bottom:0;background:var(--accent);opacity:.18;pointer-events:none}
.app-tip,.app-term{position:fixed;z-index:40;background:var(--bg);color:var(--ink);border:1px solid var(--line);border-radius:.4rem;box-shadow:0 4px 18px rgb(0 0 0/.22);padding:.5rem .65rem;font-size:13px;line-height:1.4;max-width:min(24rem,calc(100vw - 12px));pointer-events:none;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.app-tip-title{font-weight:650;margin-bottom:.15rem}
.app-tip-row{display:grid;grid-template-columns:12px 1fr auto;gap:.5rem;align-items:baseline}
.app-tip .app-key{width:10px;height:10px}
.app-term{pointer-events:auto}
.app-term-name{font-weight:650}.app-term-facts{color:var(--soft)}
.app-toolbar{display:flex;flex-wrap:wrap;gap:.15rem;margin:.3rem 0 0}
.app-toolbar button,.app-nav-button{border:1px solid transparent;background:none;color:var(--soft);font:12px/1.3 inherit;font-family:inherit;font-size:12px;padding:.2rem .45rem;border-radius:.3rem;cursor:pointer;min-height:26px}
.app-toolbar button[aria-pressed=true],.app-toolbar button[aria-expanded=true]{color:var(--accent);border-color:var(--line);background:var(--bg)}
.app-nav-button{color:var(--accent);font-size:inherit;border-color:var(--line)}
.app-below{margin:-.3rem 0 .6rem}
.app-table{margin-top:.4rem}
.app-scroll{max-height:24rem;overflow:auto;background:var(--bg);border:1px solid var(--line);border-radius:.4rem;padding:0 .5rem .3rem}
.app-scroll caption{font-size:13px}
.app-scroll thead th{position:sticky;top:0;background:var(--bg);z-index:1}
.app-sort{border:0;background:none;color:inherit;font:inherit;text-align:inherit;padding:0;cursor:pointer}
.app-sort::after{content:"\u00a0↕";color:var(--soft);opacity:.55;font-size:.85em}
th[aria-sort=ascending] .app-sort::after{content:"\u00a0↑";opacity:1}
th[aria-sort=descending] .app-sort::after{content:"\u00a0↓";opacity:1}
abbr[data-metric]{text-decoration:underline dotted var(--soft);text-underline-offset:.2em;cursor:help}
nav a[aria-current]{font-weight:650;text-decoration:none;color:var(--ink);box-shadow:inset 0 -2px var(--accent)}
.app-top{position:fixed;right:1rem;bottom:1rem;z-index:30;width:2.6rem;height:2.6rem;border-radius:50%;border:1px solid var(--line);background:var(--bg);color:var(--ink);font-size:1.1rem;cursor:pointer;box-shadow:0 2px 8px rgb(0 0 0/.18)}
.app-corner{position:fixed;right:1rem;top:1rem;z-index:30}
.app-dialog{width:min(46rem,calc(100vw - 2rem));max-height:86vh;padding:0;border:1px solid var(--line);border-radius:.6rem;background:var(--bg);color:var(--ink)}
.app-dialog::backdrop{background:rgb(0 0 0/.45)}
.app-dialog-head{display:flex;justify-content:space-between;align-items:center;padding:.6rem 1rem;border-bottom:1px solid var(--line)}
.app-dialog-head h2{margin:0;padding:0;border:0;font-size:1.1rem}
.app-dialog-body{overflow:auto;max-height:70vh;padding:.4rem 1rem 1rem}
.app-dialog dt{font-weight:650;margin-top:.7rem}.app-dialog dd{margin:.1rem 0 0;font-size:.9rem}
.app-close{border:0;background:none;color:var(--soft);font-size:1.4rem;line-height:1;cursor:pointer;padding:.2rem .5rem}
.app-still{display:none}
.figures{align-items:start}
.app-status,.app-offscreen{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
@media print{.app-chart,.app-tools,.app-toolbar,.app-nav-button,.app-top,.app-tip,.app-term,.app-corner{display:none}.app-still{display:block}.app-sort::after{content:""}}
`;

/** adoptStyle gives the page the styles of what the app adds. */
export function adoptStyle(): void {
  const made = new CSSStyleSheet();
  made.replaceSync(sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, made];
}
