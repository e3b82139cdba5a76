import { failure } from '../errors.ts';
import { type AddressOptions, addressProblem, canonicalAddress, nameProblem } from '../names.ts';
import { problemList, quote } from '../problems.ts';
import { type Columns, findColumns, isHeader, isPlainHeader } from './columns.ts';
import { decode } from './decode.ts';
import { type Row, readRows } from './rows.ts';

/** A host of the list: a short name in lower case and a canonical IP address. */
export interface Host {
  readonly name: string;
  readonly address: string;
}

export interface HostList {
  /** In the order of the file; the first is the first declared member. */
  readonly hosts: Host[];
  /** What was read differently than it was written, or is allowed but unwise. One sentence each. */
  readonly warnings: string[];
}

const mostHosts = 50;

/**
 * Reads hosts.csv: an address and a name on each line, in either order, with or without a header in any
 * language, as an editor or a spreadsheet saved it.
 *
 * @throws PicketError hosts_file_unreadable when it is not UTF-8 text, hosts_file_invalid with every wrong
 * line: its number, the value, and what to do.
 */
export function readHosts(file: string | Uint8Array, options: AddressOptions = {}): HostList {
  const { rows, problems } = readRows(decode(file));
  if (problems.length > 0) throw invalid(problems);
  if (rows.length === 0)
    throw invalid(['it lists no hosts; write each host as ADDRESS,NAME, as in 192.168.7.11,x-k3s-m-1']);
  const columns = findColumns(rows);
  if (typeof columns === 'string') throw invalid([columns]);

  const warnings = columns.ignored.map(
    (column) => `Column ${column + 1} is ignored: only the address and the name are read.`,
  );
  const [first, ...rest] = rows;
  const headed = first !== undefined && isHeader(first, columns);
  if (headed && !isPlainHeader(first, columns)) {
    warnings.push(
      `Line ${first.line} (${first.fields.map(quote).join(', ')}) was read as a header; if it is a host, give its address.`,
    );
  }
  const hosts = readHostRows(headed ? rest : rows, columns, options, warnings);
  return { hosts, warnings: [...warnings, ...countWarnings(hosts.length)] };
}

function readHostRows(rows: readonly Row[], columns: Columns, options: AddressOptions, warnings: string[]): Host[] {
  const hosts: Host[] = [];
  const problems: string[] = [];
  const lineOfName = new Map<string, number>();
  const lineOfAddress = new Map<string, number>();
  for (const { line, fields } of rows) {
    const written = { address: fields[columns.address] ?? '', name: fields[columns.name] ?? '' };
    const name = written.name.toLowerCase();
    const address = canonicalAddress(written.address) ?? written.address;
    const wrong = [
      addressProblem(written.address, options),
      wrongName(name, address),
      twice('name', name, lineOfName),
      twice('address', address, lineOfAddress),
    ];
    problems.push(...wrong.filter((problem) => problem !== undefined).map((problem) => `line ${line}: ${problem}`));
    if (name !== written.name)
      warnings.push(`Line ${line}: the name ${quote(written.name)} was read in lower case, as ${quote(name)}.`);
    if (!lineOfName.has(name)) lineOfName.set(name, line);
    if (!lineOfAddress.has(address)) lineOfAddress.set(address, line);
    hosts.push({ name, address });
  }
  if (hosts.length > mostHosts) {
    problems.push(
      `it lists ${hosts.length} hosts, but each member takes part in every write; list at most ${mostHosts}, better 3 or 5`,
    );
  }
  if (problems.length > 0) throw invalid(problems);
  return hosts;
}

function wrongName(name: string, address: string): string | undefined {
  if (canonicalAddress(name) !== undefined)
    return `${quote(name)} is an address in the place of the name of ${address}; give its host name`;
  return nameProblem(name);
}

function twice(what: string, value: string, lines: ReadonlyMap<string, number>): string | undefined {
  const before = lines.get(value);
  return value === '' || before === undefined
    ? undefined
    : `the ${what} ${quote(value)} is already on line ${before}; give each host its own`;
}

function countWarnings(count: number): string[] {
  const warnings: string[] = [];
  if (count > 7)
    warnings.push(`${count} hosts are slower than 7, because every write waits for a majority of them: use 3, 5 or 7.`);
  return warnings;
}

function invalid(problems: readonly string[]): Error {
  return failure('hosts_file_invalid', { problems: problemList(problems) });
}
