// The one entry of the app: each kind of page has its own part. A page works
// without any of this, so a part that fails leaves what stands there.
import { readData } from './data.ts';
import { report } from './report/report.ts';
import { showWhatIf } from './whatif/view.ts';

const pages: Record<string, () => void> = {
  report: () => {
    const data = readData(document);
    report(data);
    showWhatIf(document.getElementById('what-if'), data.what_if);
  },
};

pages[document.body.dataset['page'] ?? '']?.();
