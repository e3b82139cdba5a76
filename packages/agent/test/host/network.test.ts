import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { holderOf, readListeners } from '../../src/host/listeners.ts';
import { hostNetwork } from '../../src/host/network.ts';

async function listen(t: Test, host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('a port that nobody listens on is free, and stays so', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const network = hostNetwork();
  t.strictSame(await network.portFree('127.0.0.1', port), { free: true });
  t.strictSame(await network.portFree('127.0.0.1', port), { free: true });
});

t.test('a taken port is reported with its process', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const answer = await hostNetwork().portFree('127.0.0.1', port);
  t.match(answer, { free: false, by: /^\S+ \(pid \d+\) uses it$/ });
  t.match(answer, { by: new RegExp(`\\(pid ${process.pid}\\)`) });
});

t.test('the same port on another loopback address is free', async (t) => {
  const port = await listen(t, '127.0.0.1');
  t.strictSame(await hostNetwork().portFree('127.0.0.9', port), { free: true });
});

t.test('an address that this machine does not have is reported as such', async (t) => {
  t.strictSame(await hostNetwork().portFree('192.0.2.1', 2379), {
    free: false,
    by: '192.0.2.1 is on no interface of this machine',
  });
});

t.test('the addresses hold the loopback one', async (t) => {
  t.ok(hostNetwork().addresses().includes('127.0.0.1'));
});

for (const host of ['127.0.0.1', '::1']) {
  t.test(`a listener on ${host} is found with its address and its process`, async (t) => {
    const port = await listen(t, host);
    // Another process may have the same port on another address.
    const found = (await readListeners()).find((listener) => listener.port === port && listener.address === host);
    t.match(found && (await holderOf(found)), new RegExp(`\\(pid ${process.pid}\\)$`));
  });
}

const listenElsewhere = `
const server = require('node:net').createServer();
server.listen(Number(process.argv[2]), process.argv[1], () => console.log(server.address().port));`;

/** A process that listens on this address; its ID, and the port. */
async function otherProcess(t: Test, host: string): Promise<{ pid: number | undefined; port: number }> {
  const child = spawn(process.execPath, ['-e', listenElsewhere, host, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid, port: Number(String(line)) };
}

for (const host of ['127.0.0.1', '0.0.0.0']) {
  t.test(`a taken port of ::1 is not blamed on a process that listens on ${host}`, async (t) => {
    const other = await otherProcess(t, host);
    const server = createServer();
    server.listen({ host: '::1', port: other.port });
    await once(server, 'listening');
    t.teardown(() => server.close());
    const network = hostNetwork();
    t.match(await network.portFree('::1', other.port), { by: new RegExp(`\\(pid ${process.pid}\\)`) });
    t.match(await network.portFree('127.0.0.1', other.port), { by: new RegExp(`\\(pid ${other.pid}\\)`) });
  });
}

t.test('who listens on one address is named to whom wants them all', async (t) => {
  const port = await listen(t, '127.0.0.1');
  t.match(await hostNetwork().portFree('0.0.0.0', port), { by: new RegExp(`\\(pid ${process.pid}\\)`) });
});
