import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Fleet, Machine } from '../test/support/fleet.ts';

/** Something that a healthy cluster promises, and how to see that it holds. */
export type Check = readonly [promise: string, holds: () => Promise<boolean>];

/** What must hold of a fleet whose cluster is healthy, asked of etcd itself through its first machine. */
export function checksOf(fleet: Fleet): readonly Check[] {
  const [machine] = fleet.machines;
  if (machine === undefined) return [];
  return [
    ['etcdctl member list shows every member started', () => everyMemberStarted(fleet, machine)],
    ['etcdctl endpoint health --cluster finds every member healthy', () => everyEndpointHealthy(fleet, machine)],
    ['a key written through one member is read through another', () => keysTravel(fleet)],
    ['GET /health with the client certificate answers "health":"true"', () => healthAnswers(machine)],
    ['no client without a certificate gets in', () => refusedWithoutCertificate(machine)],
    ['the client certificate is refused on the peer port', () => refusedAsPeer(fleet, machine)],
  ];
}

/** Says of each promise whether it holds; true if all do. */
export async function checkEverything(fleet: Fleet, say: (line: string) => void): Promise<boolean> {
  let all = true;
  for (const [promise, holds] of checksOf(fleet)) {
    const held = await holds().catch(() => false);
    say(`${held ? '✓' : '✗'} ${promise}`);
    all &&= held;
  }
  return all;
}

async function everyMemberStarted(fleet: Fleet, machine: Machine): Promise<boolean> {
  const { stdout } = await fleet.etcdctl(machine, 'member', 'list');
  const rows = stdout.trim().split('\n');
  return rows.length === fleet.machines.length && rows.every((row) => /, started, .*, false$/.test(row));
}

async function everyEndpointHealthy(fleet: Fleet, machine: Machine): Promise<boolean> {
  const { code, stdout, stderr } = await fleet.etcdctl(machine, 'endpoint', 'health', '--cluster');
  // etcdctl 3.5 writes the lines to standard error.
  const healthy = `${stdout}${stderr}`.match(/ is healthy: /g)?.length;
  return code === 0 && healthy === fleet.machines.length;
}

async function keysTravel(fleet: Fleet): Promise<boolean> {
  const [first, ...others] = fleet.machines;
  const last = others.at(-1) ?? first;
  if (first === undefined || last === undefined) return false;
  await fleet.etcdctl(first, 'put', 'demo', 'written through the first');
  return (await fleet.etcdctl(last, 'get', 'demo', '--print-value-only')).stdout.trim() === 'written through the first';
}

async function healthAnswers(machine: Machine): Promise<boolean> {
  const body = await get(`${machine.clientUrl}/health`, await clientCredential(machine));
  return (JSON.parse(body) as { health?: unknown }).health === 'true';
}

async function refusedWithoutCertificate(machine: Machine): Promise<boolean> {
  const { ca } = await clientCredential(machine);
  return get(`${machine.clientUrl}/health`, { ca }).then(
    () => false,
    () => true,
  );
}

/** TLS 1.3 tells a client of the refusal only after its own handshake: so this reads until the end. */
async function refusedAsPeer(fleet: Fleet, machine: Machine): Promise<boolean> {
  const { cert, key } = await clientCredential(machine);
  const ca = await readFile(join(machine.etcDir, 'peer-ca.pem'), 'utf8');
  const socket = connect({ host: machine.address, port: fleet.ports.peer, ca, cert, key });
  socket.on('secureConnect', () => socket.write('GET /version HTTP/1.1\r\nHost: peer\r\n\r\n'));
  const answered = once(socket, 'data').then(() => false);
  const refused = once(socket, 'close').then(() => true);
  try {
    return await Promise.race([answered, refused]);
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

interface Credential {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

async function clientCredential({ etcDir }: Machine): Promise<Required<Credential>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'client.pem', 'client-key.pem'].map((name) => readFile(join(etcDir, name), 'utf8')),
  );
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}

function get(url: string, credential: Credential): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...credential, agent: false, timeout: 5_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(body));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
    call.on('error', reject);
    call.end();
  });
}
