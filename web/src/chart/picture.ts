import type { Figure } from '../data.ts';
import type { Theme } from '../theme.ts';
import { axisLabel } from './axes.ts';
import { init } from './echarts.ts';
import { frame, heightOf, option, type Choice } from './option.ts';
import { colorOf, dashedOf, named } from './palette.ts';
import { cleaned, oneLine, textWidth } from './text.ts';

// A picture to be taken elsewhere: title, evidence, legend and note are in it, so
// that they stay with it.

const margin = 16;

/** svgOf draws a figure as a document of its own. */
export function svgOf(f: Figure, theme: Theme, choice: Choice, width = 860): string {
  const inner = width - 2 * margin;
  const height = heightOf(f, inner);
  const lines: string[] = [];
  let y = margin;
  const write = (words: string, x: number, size: number, color: string, more = '') => {
    lines.push(`<text x="${x}" y="${y}" font-size="${size}" fill="${xml(color)}" ${more}>${xml(words)}</text>`);
  };
  y += 16;
  write(cleaned(f.title, 110), margin, 16, theme.ink, 'font-weight="bold"');
  write(cleaned(f.evidence, 40), width - margin, 13, theme.soft, 'font-weight="bold" text-anchor="end"');
  for (const l of wrapped(f.subtitle, inner, theme.font)) {
    y += 18;
    write(l, margin, 13, theme.soft);
  }
  y = legend(f, theme, choice, y + 10, inner, lines);
  const label = axisLabel(f.y);
  if (label) {
    y += 18;
    write(cleaned(label, 90), margin, 12, theme.soft);
  }
  y += 4;
  lines.push(drawn(f, theme, choice, inner, height).replace('<svg ', `<svg x="${margin}" y="${y}" `));
  y += height;
  if (axisLabel(f.x)) {
    y += 16;
    write(cleaned(axisLabel(f.x), 90), width / 2, 12, theme.soft, 'text-anchor="middle"');
  }
  for (const l of f.note ? wrapped(f.note, inner, theme.font) : []) {
    y += 17;
    write(l, margin, 12, theme.soft);
  }
  y += margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="${xml(theme.font)}">
<title>${xml(`${cleaned(f.title, 160)} (${cleaned(f.evidence, 40)})`)}</title>
<rect width="${width}" height="${y}" fill="${xml(theme.card)}"/>
${lines.join('\n')}
</svg>
`;
}

/** drawn is the drawing alone, made without a page. */
export function drawn(f: Figure, theme: Theme, choice: Choice, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option(frame(f, theme, choice, width, height)));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function legend(f: Figure, theme: Theme, choice: Choice, top: number, width: number, lines: string[]): number {
  const all = f.series.map((s, i) => ({ s, i })).filter(({ s, i }) => named(s) && !choice.hidden.has(i));
  if (all.length < 2) return top - 6;
  let x = margin;
  let y = top + 12;
  for (const { s, i } of all) {
    const name = cleaned(s.name, 48);
    const wide = 24 + textWidth(name, theme.font, 13) + 18;
    if (x > margin && x + wide > width) [x, y] = [margin, y + 20];
    const color = xml(colorOf(f, i, theme));
    const dash = dashedOf(f, i, theme) ? 'stroke-dasharray="5 3"' : '';
    lines.push(`<line x1="${x}" y1="${y - 4}" x2="${x + 18}" y2="${y - 4}" stroke="${color}" stroke-width="${['line', 'rule', 'step', 'front'].includes(s.kind) ? 3 : 10}" ${dash}/>`);
    lines.push(`<text x="${x + 24}" y="${y}" font-size="13" fill="${xml(theme.ink)}">${xml(name)}</text>`);
    x += wide;
  }
  return y + 2;
}

function wrapped(words: string, width: number, font: string): string[] {
  const out: string[] = [];
  for (const word of oneLine(words.slice(0, 2000)).split(' ')) {
    const last = out.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, font, 13) <= width) out[out.length - 1] = `${last} ${word}`;
    else if (word) out.push(cleaned(word, 90));
  }
  return out.slice(0, 6);
}

/** xml writes text for a document; control characters have no place in one. */
export function xml(s: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return s.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ').replace(/[&<>"']/g, (c) => names[c] ?? c);
}

/** pngOf paints a drawing as pixels, twice as dense as it is wide. */
export async function pngOf(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = 2 * image.width;
    canvas.height = 2 * image.height;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no canvas');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((b) => (b ? resolve(b) : reject(new Error('the browser made no PNG')))));
  } finally {
    URL.revokeObjectURL(url);
  }
}
