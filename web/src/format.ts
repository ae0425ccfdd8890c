// Numbers and amounts, written as Go's internal/report/format and internal/amount
// write them. testdata/format.json, which a Go test makes, holds both equal.

export const missing = '–';
const infinity = '∞';
const minus = '−';

/** fixed rounds as strconv.FormatFloat(v, 'f', decimals, 64): ties go to the even digit. */
export function fixed(v: number, decimals: number): string {
  if (Math.abs(v) >= 1e21) return BigInt(v).toString() + (decimals > 0 ? '.' + '0'.repeat(decimals) : '');
  return even(v.toFixed(decimals), v.toFixed(Math.min(100, decimals + 60)));
}

/**
 * even corrects what was rounded from the exact digits of a number: JavaScript rounds a
 * tie up, Go to the even digit.
 */
function even(rounded: string, exact: string): string {
  const cut = rounded.includes('.') ? rounded.length : rounded.length + 1;
  if (!/^50*$/.test(exact.slice(cut))) return rounded;
  const down = exact.slice(0, rounded.length);
  return Number(down.at(-1)) % 2 === 0 ? down : rounded;
}

/** group puts commas between the thousands of a whole number in decimal digits. */
export function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

function signed(v: number, text: string): string {
  return v < 0 ? minus + text : text;
}

/** number writes three to four significant digits. */
export function number(v: number): string {
  if (Number.isNaN(v)) return missing;
  if (v < 0) return minus + number(-v);
  if (v === Infinity) return infinity;
  if (v >= 1000) return group(fixed(v, 0));
  if (v >= 100) return fixed(v, 0);
  if (v >= 10) return fixed(v, 1);
  if (v >= 1) return fixed(v, 2);
  if (v === 0) return '0';
  return fixed(v, Math.ceil(-Math.log10(v)) + 2);
}

/** count writes a number of things, rounded to a whole one. */
export function count(v: number): string {
  if (!Number.isFinite(v)) return signed(v, infinity);
  const whole = Math.round(Math.abs(v));
  return signed(whole === 0 ? 0 : v, group(fixed(whole, 0)));
}

/** percent writes a share of 1. */
export function percent(share: number): string {
  return fixed(100 * share, 2).replace(/0+$/, '').replace(/\.$/, '') + ' %';
}

/** usd writes a sum of US dollars. */
export function usd(v: number): string {
  const a = Math.abs(v);
  if (a === Infinity) return signed(v, '$' + infinity);
  if (Math.round(100 * a) >= 100_000) return signed(v, '$' + group(fixed(a, 0)));
  if (a >= 1) return signed(v, '$' + fixed(a, 2));
  if (a === 0) return '$0';
  return signed(v, '$' + cents(fixed(a, Math.min(2 - Math.floor(Math.log10(a)), 15))));
}

/** cents makes decimals without zeros at their end, but with two at least. */
function cents(s: string): string {
  const [whole = '', fraction = ''] = s.split('.');
  return whole + '.' + fraction.replace(/0+$/, '').padEnd(2, '0');
}

/** withUnit writes a value in the unit of a metric. */
export function withUnit(v: number, unit: string | undefined): string {
  switch (unit) {
    case 'ratio':
      return percent(v);
    case 'percent':
      return number(v) + ' %';
    case 'USD':
      return usd(v);
    case 'ms/token':
      return withUnit(v, 'ms');
    case 'token/s':
      return withUnit(v, 'tokens/s');
    case '1/s':
      return number(v) + '/s';
    case 'times':
      return number(v) + ' ×';
  }
  if (!Number.isFinite(v)) return number(v);
  return (number(v) + ' ' + (unit ?? '')).trim();
}

/** general writes as strconv.FormatFloat(v, 'g', digits, 64). */
export function general(v: number, digits: number): string {
  if (v === 0) return '0';
  const [digitsOf = '', power = '0'] = v.toExponential(digits - 1).split('e');
  const exponent = Number(power);
  const mantissa = even(digitsOf, v.toExponential(60).split('e')[0] ?? '');
  const short = mantissa.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '') : mantissa;
  if (exponent < -4 || exponent >= digits) {
    return `${short}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const s = fixed(v, digits - 1 - exponent);
  return s.includes('.') ? s.replace(/0+$/, '').replace(/\.$/, '') : s;
}

/** counted writes a number of things in little space: 250k, 3M. */
export function counted(v: number): string {
  for (const [of, name] of [[1e9, 'B'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (Math.abs(v) >= of) return general(v / of, 4) + name;
  }
  return general(v, 4);
}

/** tick writes a value at an axis. */
export function tick(v: number, axis: { share?: boolean; count?: boolean; unit?: string }): string {
  if (axis.share) return general(100 * v, 4) + ' %';
  if (axis.count) return counted(v);
  const s = Math.abs(v) >= 1000 ? group(fixed(v, 0)) : general(v, 4);
  if (axis.unit === 'USD') return '$' + s;
  if (axis.unit === 'percent') return s + ' %';
  return s;
}

/** bound writes one end of an interval, without its unit. */
function bound(b: number | undefined, unit: string | undefined): string {
  if (b === undefined) return missing;
  if (unit === 'USD') return usd(b);
  return withUnit(b, unit).replace(/\/s$/, '').split(' ')[0] ?? '';
}

/**
 * span writes a value with its interval in one unit. An interval that is as narrow as the rounding
 * of the value is left out.
 */
export function span(v: number, lo: number | undefined, hi: number | undefined, unit: string | undefined): string {
  const s = withUnit(v, unit);
  if (lo === undefined && hi === undefined) return s;
  if (lo !== undefined && hi !== undefined && bound(lo, unit) === bound(v, unit) && bound(hi, unit) === bound(v, unit)) return s;
  return `${s} [${bound(lo, unit)}, ${bound(hi, unit)}]`;
}
