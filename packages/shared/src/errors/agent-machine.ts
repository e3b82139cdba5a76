import { insufficientStorage, internalError, unavailable } from './by-status.ts';
/** Errors of an agent on its machine: files, users, services. */
export const agentMachineErrors = {
  disk_full: insufficientStorage(
    'The disk has no room to write {path}: {problem}.',
    'Free some space on that file system (`df -h` shows how full it is), for example by deleting old logs, and try again. The existing file is unchanged.',
  ),
  path_not_writable: internalError('{path} cannot be written: {problem}.', '{remedy}'),
  path_not_readable: internalError(
    '{path} cannot be read: {problem}.',
    'Run the agent as root, or give its user permission to read that path.',
  ),
  path_not_removed: internalError(
    '{path} cannot be removed with the rights of its user (ID {uid}): {problem}.',
    'The agent retries, and deletes all that is in {path}. To see what is left, run as root: `find {path} -ls`. To delete it by hand: `rm -r {path}`. On Alpine, first `apk add coreutils`: while the rm of busybox deletes a folder, the owner of the folder can make it delete other files.',
  ),
  user_unknown: internalError(
    'The user {user} does not exist on this machine, so etcd cannot run as that user.',
    'Install the etcd package, which creates that user, or set etcdUser in agent.yml to another user. Where the cluster runs a release of etcd, `picket-agent join` makes the user; if it was lost since, make it: `useradd --system --user-group --home-dir /var/lib/etcd --no-create-home --shell /usr/sbin/nologin {user}`, or on Alpine `addgroup -S {user} && adduser -S -D -H -h /var/lib/etcd -s /sbin/nologin -G {user} -g {user} {user}`.',
  ),
  user_not_made: internalError(
    'The user {user}, which runs etcd on this machine, was not made: {problem}.',
    'Make it as root: `{command}`. Then run join again with the same join string: it works again on this machine.',
  ),
  service_not_installed: internalError(
    'etcd cannot be started: {path} has no service definition.',
    'Restart the agent. It installs the definition before it starts etcd.',
  ),
  service_not_started: internalError(
    'etcd could not be started from {binary}: {problem}.',
    'Check that the file exists and is executable, and that etcdUser in agent.yml is right.',
  ),
  service_busy: unavailable(
    'Another agent on this machine has been starting or stopping etcd for {seconds} s.',
    'Look for a second picket-agent with the same stateDir, and stop it.',
  ),
  service_stuck: internalError(
    'etcd (PID {pid}) still runs {seconds} s after SIGKILL.',
    'A process that survives SIGKILL usually waits for a disk. Read `dmesg`. If the process stays, restart the machine.',
  ),
  init_command_failed: internalError(
    '`{command}` failed: {problem}.',
    'Run the same command by hand as root. If it works, the agent does not run as root, or the machine was too busy.',
  ),
  init_system_unsupported: internalError(
    '{init} cannot run etcd: {problem}.',
    'Set init in agent.yml to the init system of this machine, or to auto.',
  ),
} as const;
