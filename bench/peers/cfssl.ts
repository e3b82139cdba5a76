import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Background, runToEnd, startInBackground } from '../../test/support/children.ts';
import { ensureDebianTool } from '../../test/support/debian-packages.ts';
import type { BenchSurroundings } from '../bench.ts';

const year = '8760h';

/** Where `sign` is asked for a certificate. */
export const signPath = '/api/v1/cfssl/sign';

/**
 * `cfssl serve` with a P-256 CA of its own and without a database, asking for client certificates of `control`. Its
 * log is silenced but for warnings. It answers some moments later.
 */
export async function cfsslServer(
  surroundings: BenchSurroundings,
  { serverPem, control, port }: { readonly serverPem: string; readonly control: string; readonly port: number },
): Promise<Background> {
  const { folder } = surroundings;
  const cfssl = await ensureDebianTool('golang-cfssl', 'cfssl', surroundings);
  const write = async (name: string, content: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  const request = { CN: 'a bench CA', key: { algo: 'ecdsa', size: 256 }, ca: { expiry: '87600h' } };
  const made = await runToEnd(cfssl, ['gencert', '-initca', await write('cfssl-ca-csr.json', JSON.stringify(request))]);
  if (made.code !== 0) throw new Error(`cfssl could not make its CA:\n${made.stderr}`);
  const { cert, key } = JSON.parse(made.stdout) as { readonly cert: string; readonly key: string };
  const usages = ['digital signature', 'server auth', 'client auth'];
  const config = { signing: { default: { usages, expiry: year } } };
  const server = await write('cfssl-server.pem', serverPem);
  return startInBackground(
    cfssl,
    [
      'serve',
      '-address=127.0.0.1',
      `-port=${port}`,
      `-ca=${await write('cfssl-ca.pem', cert)}`,
      `-ca-key=${await write('cfssl-ca-key.pem', key)}`,
      `-config=${await write('cfssl-config.json', JSON.stringify(config))}`,
      `-tls-cert=${server}`,
      `-tls-key=${server}`,
      `-mutual-tls-ca=${await write('cfssl-clients-ca.pem', control)}`,
      '-loglevel=2',
    ],
    join(folder, 'cfssl.log'),
  );
}
