import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostFiles } from '../../src/host/files/files.ts';
import { markClientFiles } from '../../src/leaving/client-files.ts';
import { changeLeftRecord } from '../../src/leaving/left-record.ts';

/** A client node has left a machine with these folders; its files are still there. */
export async function leavesAsClient(paths: { readonly stateDir: string; readonly etcDir: string }): Promise<void> {
  mkdirSync(paths.etcDir, { recursive: true });
  for (const name of ['ca.pem', 'client.pem']) writeFileSync(join(paths.etcDir, name), `its ${name}`);
  symlinkSync('client.pem', join(paths.etcDir, 'client-key.pem'));
  const left = {
    nodeId: 'node0001',
    cluster: 'x-k3s',
    kind: 'client',
    name: 'x-k3s-c-1',
    coordinator: 'https://coordinator:7443',
    at: 0,
    files: await markClientFiles(hostFiles(), paths),
  } as const;
  await changeLeftRecord(hostFiles(), paths.stateDir, (before) => ({ ...before, left }));
}
