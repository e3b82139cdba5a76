import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Fleet } from '../test/support/fleet.ts';
import { clusterName } from './form-cluster.ts';

/** Receives the coordinator's notifications of the cluster at a webhook on this machine, and prints them. */
export async function printMessages(fleet: Fleet, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const message = JSON.parse(body) as { readonly title: string; readonly text: string };
      response.end();
      say(['', `✉ ${message.title}`, ...message.text.trimEnd().split('\n')].join('\n  '));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const added = await fleet.picket('notify', 'add', 'demo', '--webhook', url, '--cluster', clusterName);
  if (added.code !== 0) throw new Error(`picket notify add failed:\n${added.stderr}`);
}
