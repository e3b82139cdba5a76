import { agentCertificateReasons } from './agent-certificates.ts';
import { agentCoordinatorReasons } from './agent-coordinator.ts';
import { agentDisruptionReasons } from './agent-disruption.ts';
import { agentEtcdReasons } from './agent-etcd.ts';
import { agentNodeReasons } from './agent-node.ts';
import { agentOrderReasons } from './agent-orders.ts';
import { agentServiceReasons } from './agent-service.ts';

/** What an agent may say of its own machine. */
export const agentReasons = {
  ...agentNodeReasons,
  ...agentCoordinatorReasons,
  ...agentCertificateReasons,
  ...agentEtcdReasons,
  ...agentServiceReasons,
  ...agentOrderReasons,
  ...agentDisruptionReasons,
} as const;
