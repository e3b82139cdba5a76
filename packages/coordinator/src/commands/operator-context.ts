import type { KeyObject } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { contextFileMode, readContext, writeContext } from '@picket/shared/context/context.ts';
import { failure } from '@picket/shared/errors.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import type { Issued } from '../authority/issuer.ts';
import { type Config, urlOf } from '../config/config.ts';
import { writeWholeFile } from '../files/whole-file.ts';

/** The context file, and the operator that it is for. */
export interface OperatorContext {
  readonly config: Config;
  /** The operator's name. */
  readonly operator: string;
  /** It holds a private key. */
  readonly contextFile: string;
}

/** Checked before anything is made: the names that a context file may hold. Throws `name_invalid`. */
export function requireOperatorName(name: string): void {
  if (/^[a-zA-Z0-9._@-]{1,64}$/.test(name)) return;
  const problem = 'it needs 1 to 64 letters, digits, dots, hyphens, underscores or @';
  throw failure('name_invalid', { kind: 'operator name', name, problem });
}

/**
 * Does not overwrite the context of another operator or coordinator: it may be the only copy. Throws `context_exists`.
 * @param control the control CA, as PEM
 */
export async function requireOwnContext({ contextFile, operator }: OperatorContext, control: string): Promise<void> {
  const text = await readFile(contextFile, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : '',
  );
  if (text === null || isContextOf(text, operator, control)) return;
  throw failure('context_exists', { path: contextFile, operator });
}

/** Writes the context, readable only by its owner. @param control the control CA, as PEM */
export async function writeOperatorContext(
  { config, operator, contextFile }: OperatorContext,
  control: string,
  { certificate }: Issued,
  key: KeyObject,
): Promise<void> {
  const content = writeContext({
    server: urlOf(config),
    operator,
    certificateAuthority: control,
    credential: writeCredential({ certificate: parseCertificate(certificate.pem), chain: [], key }),
  });
  await mkdir(dirname(contextFile), { recursive: true, mode: 0o700 });
  await writeWholeFile({ path: contextFile, content, mode: contextFileMode });
}

function isContextOf(text: string, operator: string, control: string): boolean {
  try {
    const found = readContext(text, 'found');
    return found.operator === operator && found.certificateAuthority.trim() === control.trim();
  } catch {
    return false;
  }
}
