import { conflict, gatewayTimeout, internalError, unavailable } from './by-status.ts';
/** Errors while a coordinator is set up or started. */
export const coordinatorProcessErrors = {
  cannot_listen: internalError(
    'The coordinator cannot listen on {address} port {port}: {reason}.',
    'Stop the program that listens there (`ss -ltnp` shows it), or set port or listenAddress in coordinator.yml.',
  ),
  context_exists: conflict(
    'The file {path} already exists, and it is not the context of {operator} at this coordinator.',
    'Name another file with --context, or move that file to another place. What was made so far is kept.',
  ),
  not_initialised: unavailable(
    'No coordinator was set up in {dataDir} yet.',
    'Run `picket-coordinator init`. If it was interrupted before, it continues where it stopped.',
  ),
  config_differs: conflict(
    'The configuration file {file} already exists and has {key}: {is}, not {wanted}.',
    'Change the key in that file, or leave {option} out. Nothing was changed.',
  ),
  already_initialised: conflict(
    'A coordinator was already set up in {dataDir}.',
    'Run `picket-coordinator serve`. To set up another coordinator, name another dataDir in its configuration.',
  ),
  folder_of_another_user: internalError(
    'Root does not work in {path}, because it belongs to the user with the ID {uid}. Links that this user creates there could lead root to any file.',
    "Run the command as that user. For the packaged service: su -s /bin/sh picket -c 'picket-coordinator COMMAND'. For init and restore, first move the folder away.",
  ),
  service_impossible: conflict(
    'The coordinator cannot be made a service here: {problem}. Nothing was changed.',
    '{how}',
  ),
  service_step_failed: internalError(
    'The installation of the service stopped: it could not {step}: {problem}.',
    'Remove the cause, then run the same command again. It continues where it stopped.',
  ),
  service_silent: gatewayTimeout(
    'The service was started, but the coordinator does not answer at {url}: {problem}.',
    'Read its log: {log}',
  ),
  take_over_refused: conflict('The data of {file} cannot be taken over: {problem}. It was left as it is.', '{how}'),
} as const;
