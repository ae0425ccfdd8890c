// How Go's package amount and fmt write what format.ts has no form for yet.
import { count, fixed, group, usd } from '../format.ts';

function signed(v: number, text: string): string {
  return v < 0 ? '−' + text : text;
}

/** decimal is a number with all of its digits and no exponent, as strconv's 'f' with -1. */
export function decimal(v: number): string {
  const text = String(v);
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!parts) return text;
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  if (point <= 0) return sign + '0.' + '0'.repeat(-point) + digits;
  return sign + digits.slice(0, point).padEnd(point, '0') + (digits.length > point ? '.' + digits.slice(point) : '');
}

/** price writes a list price with all of its digits, and at least with cents. */
export function price(v: number): string {
  if (!Number.isFinite(v)) return usd(v);
  const [whole = '', fraction = ''] = decimal(Math.abs(v)).split('.');
  return signed(v, '$' + group(whole) + '.' + fraction.replace(/0+$/, '').padEnd(2, '0'));
}

/** significant writes a number with at most so many significant digits. */
export function significant(v: number, digits: number): string {
  if (v === 0) return '0';
  const a = Math.abs(v);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(a)));
  const s = fixed(a, Math.min(decimals, 15));
  return signed(v, s.includes('.') ? s.replace(/0+$/, '').replace(/\.$/, '') : s);
}

/** short has at most three significant digits, and is whole from 100. */
export function short(v: number): string {
  return Math.abs(v) >= 100 ? count(v) : significant(v, 3);
}

/** goValue writes a number as fmt's %v does. */
export function goValue(v: number): string {
  if (v === 0) return '0';
  const [digits = '', power = '0'] = v.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return decimal(v);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

export function replicas(n: number): string {
  return n === 1 ? '1 replica' : count(n) + ' replicas';
}
