import { canonicalAddress, nameProblem } from '../names.ts';
import { quote } from '../problems.ts';
import type { Row } from './rows.ts';

/** Which fields of a row are the address and the name. `ignored` are other columns that are not empty. */
export interface Columns {
  readonly address: number;
  readonly name: number;
  readonly ignored: readonly number[];
}

const wanted = 'write each host as ADDRESS,NAME, as in 192.168.7.11,x-k3s-m-1';

/**
 * Finds the columns by their content, so a header may be in any language and in any order. The address column is the one with
 * the most IP addresses; of the others, the name column is the one with the most host names. Returns the problem as a string
 * if two columns fit equally well, or if none fits.
 */
export function findColumns(rows: readonly Row[]): Columns | string {
  const width = Math.max(0, ...rows.map(({ fields }) => fields.length));
  const cells = Array.from({ length: width }, (_, column) => rows.map(({ fields }) => fields[column] ?? ''));
  const used = [...cells.keys()].filter((column) => cells[column]?.some((cell) => cell !== ''));
  const valid = most(used, (column) => count(cells[column], isAddress));
  const addresses = valid.length > 0 ? valid : most(used, (column) => count(cells[column], isAlmostAddress));
  if (addresses.length !== 1 || addresses[0] === undefined) {
    return addresses.length === 0
      ? `no column has IP addresses (${example(rows)}); ${wanted}`
      : `columns ${listed(addresses)} all have addresses; keep the column with the addresses at which the members reach each other`;
  }
  const [address] = addresses;
  const others = used.filter((column) => column !== address);
  if (others.length === 0) return `the list has addresses but no names (${example(rows)}); ${wanted}`;
  const names = others.length === 1 ? others : most(others, (column) => distinctNames(cells[column]));
  if (names.length !== 1 || names[0] === undefined) {
    return `columns ${listed(names.length === 0 ? others : names)} could each be the name; keep one of them`;
  }
  const [name] = names;
  return { address, name, ignored: others.filter((column) => column !== name) };
}

/**
 * Whether a first row is a header: no field looks like an address, correct or mistyped, or like a host name in the place of
 * an address.
 */
export function isHeader({ fields }: Row, { address, name }: Columns): boolean {
  const [addressCell, nameCell] = [fields[address] ?? '', fields[name] ?? ''];
  const saysIp = /^ip(v?\d)?(?![a-z\d])[^.]*\.?$/i.test(addressCell);
  const looksLikeAHost = !saysIp && /[.:]|^\d|\d$/.test(addressCell);
  return addressCell !== '' && !looksLikeAHost && !isAddress(nameCell) && !/\d$/.test(nameCell);
}

/** Whether a header names its columns in one of the more common languages. Otherwise it may be a host. */
export function isPlainHeader({ fields }: Row, { address, name }: Columns): boolean {
  const known =
    /ip|addr|adr|direc|endere|адрес|地址|アドレス|주소|host|name|nom|node|server|machine|имя|узел|主机|主機|名|节点|ホスト|이름/i;
  return known.test(fields[address] ?? '') || known.test(fields[name] ?? '');
}

function isAddress(cell: string): boolean {
  return canonicalAddress(cell) !== undefined;
}

/** A mistyped address. It still shows which column has the addresses; later its line is reported. */
function isAlmostAddress(cell: string): boolean {
  return /\d[.:]\d|::/.test(cell);
}

function example([first]: readonly Row[]): string {
  return first === undefined ? 'no lines' : `line ${first.line}: ${first.fields.map(quote).join(', ')}`;
}

/** Counts each name once: a column of notes or racks repeats its values, and the column of names does not. */
function distinctNames(cells: readonly string[] | undefined): number {
  return new Set(cells?.map((cell) => cell.toLowerCase()).filter((cell) => nameProblem(cell) === undefined)).size;
}

function count(cells: readonly string[] | undefined, holds: (cell: string) => boolean): number {
  return cells?.filter(holds).length ?? 0;
}

/** The columns with the highest score, none when that is 0. */
function most(columns: readonly number[], score: (column: number) => number): number[] {
  const best = Math.max(0, ...columns.map(score));
  return best === 0 ? [] : columns.filter((column) => score(column) === best);
}

function listed(columns: readonly number[]): string {
  return columns.map((column) => column + 1).join(' and ');
}
