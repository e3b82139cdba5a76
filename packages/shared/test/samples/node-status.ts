import type { MachineReport, NodeStatus } from '@picket/shared/protocol/report.ts';

/** One that tells nothing of itself. */
export const idleMachine: MachineReport = {
  disk: null,
  memory: null,
  temperatureCelsius: null,
  clockOffsetMs: null,
  walFsyncP99Ms: null,
};

/** A machine with etcd installed, all its certificates and nothing to wait for. */
export function readyStatus(): NodeStatus {
  // So far ahead that none of them falls due.
  const held = { notBefore: '2098-01-01T00:00:00Z', notAfter: '2099-01-01T00:00:00Z' };
  return {
    agent: {
      version: '0.1.0',
      startedAt: '2026-01-01T00:00:00Z',
      inventory: null,
      generationSeen: 0,
      generationApplied: 0,
      waits: [],
    },
    service: {
      state: 'stopped',
      incarnation: null,
      etcdVersion: '3.5.33',
      restarts: 0,
      reason: null,
      lastLog: [],
      restartPending: false,
      rejected: null,
    },
    etcd: null,
    certificates: (['server', 'peer', 'client'] as const).map((purpose, index) => ({
      purpose,
      serial: `${index + 1}`,
      ...held,
    })),
    lastStep: null,
    restoreTool: { installed: 'etcdutl', obstacle: null },
    machine: idleMachine,
  };
}
