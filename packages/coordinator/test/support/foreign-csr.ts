import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A CSR that no agent makes, with these extensions, such as `subjectAltName=DNS:example.org`. */
export async function csrWith(...extensions: string[]): Promise<string> {
  const { stdout } = await run('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null'],
    ...['-subj', '/CN=a node'],
    ...extensions.flatMap((extension) => ['-addext', extension]),
  ]);
  return stdout;
}

/** The same CSR with a wrong signature: its last bytes differ. */
export function withBrokenSignature(csr: string): string {
  const lines = csr.trimEnd().split('\n');
  const der = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  const last = der.length - 1;
  der.writeUInt8(der.readUInt8(last) ^ 1, last);
  return [lines[0], ...(der.toString('base64').match(/.{1,64}/g) ?? []), lines.at(-1), ''].join('\n');
}
