import * as Type from 'typebox';
import { LineCounter, parseDocument, stringify } from 'yaml';
import { readStrictYaml } from '../config/strict-yaml.ts';
import { failure, PicketError } from '../errors.ts';
import { canonicalAddress, validDomain } from '../names.ts';
import { readBundle } from '../pki/bundle.ts';
import { readCredential } from '../pki/credential.ts';

/** An operator’s coordinator, how to recognise it, and the operator’s own credential. `picket-coordinator init` writes it. */
export interface Context {
  /** `https://HOST:PORT`, without a path. */
  readonly server: string;
  /** The operator that the credential names. */
  readonly operator: string;
  /** The control CA, as PEM: the only authority that may have issued the coordinator’s certificate. */
  readonly certificateAuthority: string;
  /** The operator's certificate and private key in one PEM text. */
  readonly credential: string;
}

const ContextFile = Type.Object(
  {
    server: Type.String(),
    operator: Type.String(),
    certificateAuthority: Type.String(),
    credential: Type.String(),
  },
  { additionalProperties: false },
);

/** The mode that a context file must have: it holds a private key. */
export const contextFileMode = 0o600;

/**
 * Reads a context file. Nothing of its content stands in an error, for it holds a private key (R11).
 * Throws `context_invalid`, `coordinator_url_invalid`.
 * @param path where the text comes from, for the error
 */
export function readContext(text: string, path: string): Context {
  const invalid = (problem: string) => failure('context_invalid', { path, problem });
  const lines = new LineCounter();
  // Checked here first, because the parser’s messages about broken YAML can quote its content.
  const [broken] = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true }).errors;
  if (broken !== undefined) {
    throw invalid(`line ${lines.linePos(broken.pos[0]).line} is not valid YAML (are the PEM blocks indented?)`);
  }
  const context = judged(path, '', () => readStrictYaml(text, ContextFile, path));
  if (!/^[a-zA-Z0-9._@-]{1,64}$/.test(context.operator)) throw invalid('"operator" must be the name of an operator');
  judged(path, '"certificateAuthority": ', () => readBundle(context.certificateAuthority));
  judged(path, '"credential": ', () => readCredential(context.credential));
  return { ...context, server: readContextUrl(context.server) };
}

/** The text of a context file; the caller writes it with {@link contextFileMode}. Throws what {@link readContext} does. */
export function writeContext({ server, operator, certificateAuthority, credential }: Context): string {
  const text = stringify(
    { server, operator, certificateAuthority, credential },
    { lineWidth: 0, blockQuote: 'literal', defaultStringType: 'PLAIN' },
  );
  const whole = `# The credential of an operator of Picket. Anyone who can read it can act as this operator.\n${text}`;
  readContext(whole, 'to be written');
  return whole;
}

/**
 * The one spelling of a coordinator's address: `https://HOST:PORT`, port 7443 where none is given.
 * Throws `coordinator_url_invalid`.
 */
export function readContextUrl(text: string): string {
  const invalid = (problem: string) => failure('coordinator_url_invalid', { url: text.slice(0, 200), problem });
  const match = /^([a-z]+):\/\/(\[[0-9a-fA-F:.]+\]|[^/:@?#\s]+)(?::(\d{1,5}))?(\/?)$/.exec(text);
  const [, scheme, host = '', port = '7443'] = match ?? [];
  if (match === null) {
    // A password in the address must not be shown.
    if (text.includes('@'))
      throw failure('coordinator_url_invalid', { url: '(not shown)', problem: 'it contains an @' });
    throw invalid('it must be https://HOST:PORT, without a path');
  }
  if (scheme !== 'https') throw invalid('it must start with https://');
  if (Number(port) < 1 || Number(port) > 65_535) throw invalid('the port must be from 1 to 65535');
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (canonicalAddress(name) === undefined && !validDomain(name))
    throw invalid('the host is neither a name nor an IP address');
  return `https://${host.toLowerCase()}:${Number(port)}`;
}

/** Turns what `read` throws into a problem of this file. The errors of PEM and certificates quote no key. */
function judged<T>(path: string, where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PicketError)) throw error;
    const problem = error.code === 'config_invalid' ? String(error.details.problem) : error.message;
    throw failure('context_invalid', { path, problem: `${where}${problem.replace(/\.$/, '')}` }, { cause: error });
  }
}
