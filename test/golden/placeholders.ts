import { version } from '../../packages/coordinator/src/model/own-version.ts';

/** Where a kind of value stands that no two runs share. Only a value that was seen there is replaced, never a mere shape. */
const fields: Readonly<Record<string, string>> = {
  serial: 'serial',
  seal: 'seal',
  key: 'key',
  clientAuthoritySpki: 'key',
  peerAuthoritySpki: 'key',
  next: 'next',
  reference: 'reference',
  hash: 'hash',
  previous: 'hash',
};

/** Fields of facts that hold a moment in milliseconds. */
const instants: ReadonlySet<string> = new Set(['takenAt', 'issuedAt']);

/** Such a field in JSON that a program prints, or among the facts of a code. */
const shownInstant = new RegExp(`\\b((?:${[...instants].join('|')})(?:": |=))(\\d{13})\\b`, 'g');

const dayMs = 86_400_000;
/** A moment as the protocol writes it. */
const moment = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z/g;
/** The same as the tables of `picket` show it, and a mere date. */
const shownMoment = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g;
const date = /\b20\d\d-\d\d-\d\d\b/g;
const release = new RegExp(`(?<![\\d.])${version.replaceAll('.', '\\.')}(?![\\d.]\\d)`, 'g');
/** What `newId` makes: no word of any text has this form. */
const identifier = /\b[0-9a-f]{20}\b/g;
/** A table keeps its columns: etcdctl's have a frame, and Picket's have three blanks between them. Events begin with a moment. */
const tableRow = /^(! )?\||^(?!20\d\d-)(?! *[>$"{])[^‹]* {3,}[^(‹][^‹]*$/;
const pem = /-----BEGIN ([A-Z ]+)-----(?:\n|\\n)[A-Za-z0-9+/=\n\\]+?-----END \1-----(?:\n|\\n)?/g;
const joinString = /\bpkt1\.([0-9a-f]{20})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)/g;

/** Of these the transcript keeps the very date: samples have them, and no clock of a test comes near. */
function isFixed(at: number): boolean {
  return at <= Date.parse('2026-01-01T00:00:00Z') || at >= Date.parse('2090-01-01T00:00:00Z');
}

/**
 * Replaces in a text what differs from run to run by placeholders: the same value always by the same one. Moments become
 * the day since the session began, and the time of that day to the millisecond, so that a transcript still shows each date that changes.
 */
export class Placeholders {
  readonly #begun: number;
  readonly #given = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(begun: number) {
    this.#begun = begun;
  }

  /** From here on this very text is shown as `<placeholder>`. */
  name(value: string, placeholder: string): void {
    if (value !== '') this.#given.set(value, `<${placeholder}>`);
  }

  /** Learns the values of the known fields of a JSON body. */
  learn(body: unknown): void {
    if (Array.isArray(body)) for (const item of body) this.learn(item);
    if (typeof body !== 'object' || body === null) return;
    for (const [field, value] of Object.entries(body)) {
      const kind = fields[field];
      // The serials of sample reports are short, and the same in each run.
      if (kind !== undefined && typeof value === 'string' && value.length > 8) this.#numbered(kind, value);
      else if (field === 'priorSeals') this.learn((value as string[]).map((seal) => ({ seal })));
      else if (field === 'epoch') this.#learnEpoch(value);
      else if (field === 'mark') this.#numbered('mark', String((value as { readonly at: number }).at));
      else this.learn(value);
    }
  }

  /** Epochs are numbered by the clock. */
  #learnEpoch(epoch: unknown): void {
    const { number } = (epoch ?? {}) as { readonly number?: number };
    if (number !== undefined) this.#numbered('epoch', String(number));
  }

  /** The text with a placeholder for each value that is known, and for each moment, ID, PEM block and join string. */
  replace(text: string): string {
    const whole = text
      .replace(pem, (block, label: string) => this.#numbered(label.toLowerCase().replaceAll(' ', '-'), block.trim()))
      .replace(joinString, (string) => this.#numbered('join-string', string));
    return whole
      .split('\n')
      .map((line) => this.#inLine(line))
      .join('\n');
  }

  /** The same JSON with the placeholders in its strings; an epoch's number becomes a string by that. */
  replaceIn(json: unknown): unknown {
    if (typeof json === 'string') return this.replace(json);
    if (typeof json === 'number') return this.#given.get(String(json)) ?? json;
    if (Array.isArray(json)) return json.map((item) => this.replaceIn(item));
    if (typeof json !== 'object' || json === null) return json;
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, this.#replaceField(name, value)]));
  }

  #replaceField(name: string, value: unknown): unknown {
    if (instants.has(name) && typeof value === 'number') return this.#instant(value);
    return this.replaceIn(value);
  }

  #instant(at: number): string {
    return this.replace(new Date(at).toISOString());
  }

  #inLine(line: string): string {
    const isRow = tableRow.test(line);
    const shown = (value: string, placeholder: string) => (isRow ? placeholder.padEnd(value.length) : placeholder);
    let replaced = line;
    const longestFirst = [...this.#given].sort(([one], [other]) => other.length - one.length);
    for (const [value, placeholder] of longestFirst) replaced = replaced.replaceAll(value, shown(value, placeholder));
    const whole = replaced
      .replace(shownInstant, (_, field: string, at: string) => `${field}${this.#instant(Number(at))}`)
      .replace(identifier, (id) => shown(id, this.#numbered('id', id)))
      .replace(moment, (at) => shown(at, this.#moment(at, at)))
      .replace(shownMoment, (at) => shown(at, this.#moment(at, at.replace(' ', 'T'))))
      .replace(date, (day) => shown(day, this.#moment(day, `${day}T00:00:00Z`)))
      .replace(release, (name) => shown(name, '<version>'));
    return isRow ? whole.trimEnd() : whole;
  }

  #numbered(kind: string, value: string): string {
    const given = this.#given.get(value);
    if (given !== undefined) return given;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const placeholder = `<${kind}-${count}>`;
    this.#given.set(value, placeholder);
    return placeholder;
  }

  #moment(shown: string, text: string): string {
    const at = Date.parse(text);
    if (isFixed(at)) return shown;
    const ms = at - this.#begun;
    const days = Math.floor(ms / dayMs);
    const clock = new Date(ms - days * dayMs)
      .toISOString()
      .slice(11, 23)
      .replace(/\.000$/, '');
    const day = `D${days < 0 ? '-' : '+'}${Math.abs(days)}`;
    return shown.length === 10 ? `<${day}>` : `<${day} ${clock}>`;
  }
}
