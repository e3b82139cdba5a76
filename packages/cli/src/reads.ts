/** Names that only the coordinator knows. */
export type NameKind =
  | 'cluster'
  | 'member'
  | 'node'
  | 'snapshot'
  | 'operator'
  | 'channel'
  | 'token'
  | 'revision'
  | 'release';

/** What a shell can offer for an argument or the value of an option. */
export interface Readable {
  /** Names of these kinds. */
  readonly names?: readonly NameKind[];
  /** These words. */
  readonly words?: readonly string[];
  /** The option may be repeated. */
  readonly repeats?: true;
}

type Marked = { readonly readable?: Readable };

/** The reader of an argument, marked with what a shell can offer for it. */
export function reads<Reader extends (text: string, before?: never) => unknown>(
  readable: Readable,
  reader: Reader,
): Reader {
  const marked: unknown = Object.assign(reader.bind(null), { readable });
  return marked as Reader;
}

/** What the reader is marked with. */
export function readableOf(reader: unknown): Readable {
  return (reader as Marked | undefined)?.readable ?? {};
}
