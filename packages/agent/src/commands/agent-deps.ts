import type { AgentDeps } from '../agent.ts';
import { type CoordinatorClient, coordinatorClient } from '../coordinator-client.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { probeMember } from '../etcd/probe.ts';
import { machineReadings } from '../host/machine.ts';
import { etcdOwner } from '../host/users.ts';
import type { Identity } from '../identity/identity-store.ts';
import type { Log } from '../log.ts';
import { heldCertificate } from '../observe/credential-state.ts';
import { etcdVersionReader } from '../observe/etcd-version.ts';
import { undatedCoordinator } from '../undated-coordinator.ts';
import { agentVersion } from '../version.ts';
import type { AgentIo } from './io.ts';
import { overlayOf } from './overlay.ts';
import { etcdUnit, type Setting } from './setting.ts';

/** The agent's real surroundings. `close` ends the connections to the coordinator. */
export async function agentDeps(
  io: AgentIo,
  setting: Setting,
  identity: Identity,
  log: Log,
): Promise<AgentDeps & { readonly close: () => Promise<void> }> {
  const { host, paths, config, inspection, store } = setting;
  const owner = await etcdOwner(host.files, config.etcdUser, io.uid);
  const unit = await etcdUnit(setting, owner);
  const { credentialPem, node } = identity;
  let trust = identity.controlCertificates;
  let client: CoordinatorClient = coordinatorClient({
    url: node.coordinator,
    trust,
    credential: credentialPem,
    clock: host.clock,
  });
  const undated = () => undatedCoordinator({ url: node.coordinator, trust, credential: credentialPem });
  return {
    host,
    paths,
    unit,
    etcdOwner: owner,
    coordinator: {
      desiredState: (etag, waitSeconds, signal) => client.desiredState(etag, waitSeconds, signal),
      certificate: (request) => client.certificate(request),
      report: (request) => client.report(request),
    },
    undated: {
      time: (passed) => undated().time(passed),
      report: (request, passed) => undated().report(request, passed),
    },
    connectEtcd: (endpoint) => etcdGateway(endpoint),
    probe: probeMember,
    readings: machineReadings(),
    etcdVersion: etcdVersionReader(unit.binary, inspection.etcdVersion),
    overlay: (await overlayOf(io, setting, log)) ?? undefined,
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
