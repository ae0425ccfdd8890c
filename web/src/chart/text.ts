// How wide text is, for what is placed by hand. Without a canvas, as in tests, it
// is estimated.

export const fontSize = 12;

let context: CanvasRenderingContext2D | null | undefined;

/** textWidth is the width of a line of text in pixels. */
export function textWidth(text: string, font = 'sans-serif', size = fontSize): number {
  if (context === undefined) {
    context = typeof document === 'undefined' ? null : document.createElement('canvas').getContext('2d');
  }
  if (!context) return 0.56 * size * [...text].length;
  context.font = `${size}px ${font}`;
  return context.measureText(text).width;
}

/** shortened cuts a text in its middle: names that differ often do at their ends. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return letters.slice(0, head).join('') + '…' + letters.slice(letters.length - (most - 1 - head)).join('');
}

/** oneLine makes outside text one line without control characters or marks that turn the direction. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').replace(/\s+/g, ' ').trim();
}

/** cleaned is a text as it is drawn: one line of at most so many letters. */
export const cleaned = (text: string | undefined, most = 60) => shortened(oneLine((text ?? '').slice(0, 4000)), most);
