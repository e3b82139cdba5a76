/** What an agent meets on its machine: files, users, services. */
export const agentMachineErrors = {
  disk_full: {
    status: 507,
    message: 'There is no room to write {path}: {problem}.',
    hint: 'Free some space on that file system (`df -h`; old logs are the first to go) and try again. What was there is unchanged.',
  },
  path_not_writable: {
    status: 500,
    message: '{path} cannot be written: {problem}.',
    hint: '{remedy}',
  },
  path_not_readable: {
    status: 500,
    message: '{path} cannot be read: {problem}.',
    hint: 'Run the agent as root, or give its user leave to read that path.',
  },
  user_unknown: {
    status: 500,
    message: 'There is no user {user} on this machine, so etcd cannot run as it.',
    hint: 'Install the etcd package, which makes that user, or name another one as etcdUser in agent.yml.',
  },
  service_not_installed: {
    status: 500,
    message: 'etcd cannot be started: no service definition has been installed in {path}.',
    hint: 'The agent installs it before it starts etcd; start the agent again.',
  },
  service_not_started: {
    status: 500,
    message: 'etcd could not be started from {binary}: {problem}.',
    hint: 'Check that the file is there and may be run, and that etcdUser in agent.yml is right.',
  },
  service_busy: {
    status: 503,
    message: 'Another agent on this machine has been starting or stopping etcd for {seconds} s.',
    hint: 'Look for a second picket-agent with the same stateDir, and stop it.',
  },
  service_stuck: {
    status: 500,
    message: 'etcd (pid {pid}) is still there {seconds} s after SIGKILL.',
    hint: 'A process that cannot die waits for a disk: look at `dmesg`, and restart the machine if it stays.',
  },
  init_command_failed: {
    status: 500,
    message: '`{command}` failed: {problem}.',
    hint: 'Run the same command by hand as root; if it works there, the agent does not run as root or its machine is busy.',
  },
  init_system_unsupported: {
    status: 500,
    message: 'etcd cannot be run by {init}: {problem}.',
    hint: 'Set init in agent.yml to what runs this machine, or leave it at auto.',
  },
} as const;
