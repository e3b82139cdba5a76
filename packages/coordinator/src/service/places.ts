/** Where a coordinator that is a service has what belongs to it. The services name the same paths. */
export const places = {
  programs: '/usr/lib/picket',
  /** A Node.js of Picket's own, which the launchers prefer. */
  ownNode: '/usr/lib/picket/node',
  commands: '/usr/bin',
  config: '/etc/picket/coordinator.yml',
  logs: '/var/log/picket-coordinator',
  openrc: { service: '/etc/init.d/picket-coordinator', settings: '/etc/conf.d/picket-coordinator' },
  systemd: { service: '/etc/systemd/system/picket-coordinator.service' },
} as const;

/** The user that runs it. */
export const serviceUser = 'picket';

/** What of a folder that `npm run build` made goes to {@link places}.programs. The last one is the one that runs. */
export const programNames = ['install', 'node_modules', 'picket.cjs', 'picket-coordinator.cjs'] as const;

/** What goes from its `bin/` to {@link places}.commands. */
export const commandNames = ['picket', 'picket-coordinator'] as const;

export type InitSystem = 'openrc' | 'systemd';
