import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formCluster } from '../../demo/form-cluster.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { killAllBelow, makeFleet } from '../support/fleet.ts';
import { freeNetwork } from '../support/ports.ts';

/** Forms a cluster of three and takes it down, over and over, until the signal fires. Calls `formed` after each. */
export async function busyFleet(folder: string, signal: AbortSignal, formed: () => void): Promise<void> {
  const etcd = await ensureEtcd();
  const network = await freeNetwork();
  const hosts = [1, 2, 3].map((number) => ({ name: `busy-${number}`, address: `${network}.1${number}` }));
  while (!signal.aborted) {
    const own = join(folder, 'fleet');
    await mkdir(own);
    try {
      await formCluster(await makeFleet({ folder: own, etcd, hosts, signal }), signal, () => undefined);
      formed();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await killAllBelow(own);
      await rm(own, { recursive: true, force: true });
    }
  }
}
