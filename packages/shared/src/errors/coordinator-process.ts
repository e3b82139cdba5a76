/** Setting a coordinator up and starting it. */
export const coordinatorProcessErrors = {
  cannot_listen: {
    status: 500,
    message: 'The coordinator cannot listen on {address} port {port}: {reason}.',
    hint: 'Stop what listens there (ss -ltnp shows it), or set port or listenAddress in coordinator.yml.',
  },
  context_exists: {
    status: 409,
    message: 'There is already a file {path}, and it is not the context of {operator} at this coordinator.',
    hint: 'Name another with --context, or move that one away; what was made so far is kept.',
  },
  not_initialised: {
    status: 503,
    message: 'There is no coordinator in {dataDir} yet.',
    hint: 'Run picket-coordinator init; one that was cut short goes on where it stopped.',
  },
  config_differs: {
    status: 409,
    message: 'The configuration file {file} is there already, and says {key}: {is}, not {wanted}.',
    hint: 'Change it there, or leave {option} out. Nothing was made.',
  },
  already_initialised: {
    status: 409,
    message: 'There is already a coordinator in {dataDir}.',
    hint: 'Run picket-coordinator serve; for another coordinator, name another dataDir in its configuration.',
  },
  folder_of_another_user: {
    status: 500,
    message:
      'Root does not work in {path}, which belongs to the user with the ID {uid}: links that this user creates there could lead root to any file.',
    hint: "Run the command as that user. For the packaged service: su -s /bin/sh picket -c 'picket-coordinator COMMAND'. For init and restore, first move the folder away.",
  },
} as const;
