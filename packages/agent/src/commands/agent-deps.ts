import type { AgentDeps } from '../agent.ts';
import { type CoordinatorClient, coordinatorClient } from '../coordinator-client.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { probeMember } from '../etcd/probe.ts';
import { machineReadings } from '../host/machine.ts';
import type { Identity } from '../identity/identity-store.ts';
import type { Log } from '../log.ts';
import { heldCertificate } from '../observe/credential-state.ts';
import { agentVersion } from '../version.ts';
import type { AgentIo } from './io.ts';
import type { Setting } from './setting.ts';
import { surroundingsOf } from './surroundings.ts';

/** The agent's real surroundings. `close` ends the connections to the coordinator. */
export async function agentDeps(
  io: AgentIo,
  setting: Setting,
  identity: Identity,
  log: Log,
): Promise<AgentDeps & { readonly close: () => Promise<void> }> {
  const { paths, config, store } = setting;
  const surroundings = await surroundingsOf(io, setting, identity.node);
  const { credentialPem, node } = identity;
  let trust = identity.controlCertificates;
  let client: CoordinatorClient = coordinatorClient({
    url: node.coordinator,
    trust,
    credential: credentialPem,
    clock: setting.host.clock,
  });
  return {
    ...surroundings,
    paths,
    coordinator: {
      desiredState: (etag, waitSeconds, signal) => client.desiredState(etag, waitSeconds, signal),
      certificate: (request) => client.certificate(request),
      report: (request) => client.report(request),
    },
    connectEtcd: (endpoint) => etcdGateway(endpoint),
    probe: probeMember,
    readings: machineReadings(),
    async trustControl(bundle) {
      if (bundle === trust) return;
      await store.keepControlCertificates(bundle);
      const former = client;
      client = former.withCredential(credentialPem, bundle);
      trust = bundle;
      await former.close();
    },
    identity: heldCertificate(identity.credential.certificate, 'identity'),
    reportSeconds: config.reportSeconds,
    version: agentVersion,
    buildTime: io.buildTime,
    random: io.random,
    failpoint: io.failpoint,
    log,
    close: () => client.close(),
  };
}
