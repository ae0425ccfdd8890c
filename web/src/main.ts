// The one entry of the app: each kind of page has its own part. A page works
// without any of this, so a part that fails leaves what stands there.
import { readData } from './data.ts';
import { live } from './live/live.ts';
import { runs } from './live/runs.ts';
import { report } from './report/report.ts';
import { showWhatIf } from './whatif/view.ts';

const pages: Record<string, () => void> = {
  live,
  report: () => {
    const data = readData(document);
    report(data);
    showWhatIf(document.getElementById('what-if'), data.what_if);
  },
  runs,
};

// Whoever has the cookie already opens an address with its token without the login page, which
// would have taken it out. It is not to stay in the address and the history.
if (location.hash.startsWith('#token=')) history.replaceState(null, '', location.pathname);

pages[document.body.dataset['page'] ?? '']?.();
