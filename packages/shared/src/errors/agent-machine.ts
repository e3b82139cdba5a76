/** Errors of an agent on its machine: files, users, services. */
export const agentMachineErrors = {
  disk_full: {
    status: 507,
    message: 'The disk has no room to write {path}: {problem}.',
    hint: 'Free some space on that file system (`df -h` shows how full it is), for example by deleting old logs, and try again. The existing file is unchanged.',
  },
  path_not_writable: {
    status: 500,
    message: '{path} cannot be written: {problem}.',
    hint: '{remedy}',
  },
  path_not_readable: {
    status: 500,
    message: '{path} cannot be read: {problem}.',
    hint: 'Run the agent as root, or give its user permission to read that path.',
  },
  path_not_removed: {
    status: 500,
    message: '{path} cannot be removed with the rights of its user (ID {uid}): {problem}.',
    hint: 'The agent retries, and deletes all that is in {path}. To see what is left, run as root: `find {path} -ls`. To delete it by hand: `rm -r {path}`. On Alpine, first `apk add coreutils`: while the rm of busybox deletes a folder, the owner of the folder can make it delete other files.',
  },
  user_unknown: {
    status: 500,
    message: 'The user {user} does not exist on this machine, so etcd cannot run as that user.',
    hint: 'Install the etcd package, which creates that user, or set etcdUser in agent.yml to another user.',
  },
  service_not_installed: {
    status: 500,
    message: 'etcd cannot be started: {path} has no service definition.',
    hint: 'Restart the agent. It installs the definition before it starts etcd.',
  },
  service_not_started: {
    status: 500,
    message: 'etcd could not be started from {binary}: {problem}.',
    hint: 'Check that the file exists and is executable, and that etcdUser in agent.yml is right.',
  },
  service_busy: {
    status: 503,
    message: 'Another agent on this machine has been starting or stopping etcd for {seconds} s.',
    hint: 'Look for a second picket-agent with the same stateDir, and stop it.',
  },
  service_stuck: {
    status: 500,
    message: 'etcd (PID {pid}) still runs {seconds} s after SIGKILL.',
    hint: 'A process that survives SIGKILL usually waits for a disk. Read `dmesg`. If the process stays, restart the machine.',
  },
  init_command_failed: {
    status: 500,
    message: '`{command}` failed: {problem}.',
    hint: 'Run the same command by hand as root. If it works, the agent does not run as root, or the machine was too busy.',
  },
  init_system_unsupported: {
    status: 500,
    message: '{init} cannot run etcd: {problem}.',
    hint: 'Set init in agent.yml to the init system of this machine, or to auto.',
  },
} as const;
