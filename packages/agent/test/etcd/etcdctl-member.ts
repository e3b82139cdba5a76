import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { ensureEtcd, ensureLaterEtcd } from '../../../../test/support/etcd-binaries.ts';
import { until } from '../../../../test/support/until.ts';
import { etcdctl } from '../../src/etcd/etcdctl.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { authority, credentialPem } from '../pki.ts';
import { temporaryFolder } from '../support.ts';
import { type EtcdOptions, startEtcd } from './etcd-process.ts';

const installed = await ensureEtcd();
const later = await ensureLaterEtcd();
/** The etcd versions to try. */
export const versions = later === undefined ? [installed] : [installed, later];
export const ca = await authority('etcd clients');
export const patience = () => ({ deadlineMs: 30_000, signal: new AbortController().signal });

/** A member whose agent can use etcdctl with a certificate for `picket-agent`. */
export async function etcdctlMember(t: Test, { binary = installed.etcd, ...options }: EtcdOptions = {}) {
  const etcd = await startEtcd(t, ca, { binary, ...options });
  const { clientUrl } = etcd.endpoint;
  const folder = temporaryFolder(t);
  const file = (name: string) => join(folder, name);
  writeFileSync(file('ca.pem'), ca.certificate.pem);
  const certificate = async (commonName: string) => {
    writeFileSync(file('admin.pem'), await credentialPem(ca, { usage: 'admin', sans: [], commonName }), {
      mode: 0o600,
    });
  };
  await certificate('picket-agent');
  let monotonic = 0;
  const place = {
    path: dirname(binary),
    trustFile: file('ca.pem'),
    credentialFile: file('admin.pem'),
    snapshotFile: file('taken.db'),
    clock: { monotonic: () => monotonic },
  };
  const program = etcdctl(place);
  const gateway = etcdGateway(etcd.endpoint, { etcdctl: program });
  t.teardown(() => gateway.close());
  return {
    ...etcd,
    gateway,
    program,
    place,
    certificate,
    pass: (ms: number) => {
      monotonic += ms;
    },
    ctl: (...args: string[]) => program.run(clientUrl, args, { deadlineMs: 10_000 }),
  };
}

export type Member = Awaited<ReturnType<typeof etcdctlMember>>;

export async function serving(t: Test, options?: EtcdOptions): Promise<Member> {
  const member = await etcdctlMember(t, options);
  await until('it serves', async () => (await member.gateway.report())?.linearizableRead === true, { within: 20_000 });
  return member;
}
