import { badGateway, badRequest, conflict, gatewayTimeout, internalError, notFound } from './by-status.ts';
/** Errors of `picket`, the operator’s command. */
export const cliErrors = {
  unknown_code: notFound(
    'No error, reason, event, problem or exit code is called {code}.',
    '`picket explain` and `picket-agent explain` list all codes.',
  ),
  usage_invalid: badRequest(
    'The command line is not right: {problem}.',
    '`{command} --help` lists the arguments and options.',
  ),
  cluster_not_named: badRequest(
    'There are several clusters: {clusters}.',
    'Repeat the command with the name of one of them.',
  ),
  node_not_named: badRequest(
    'Several nodes have the name {name}: {nodes}.',
    'Repeat the command with the ID of one of them.',
  ),
  member_leaves: conflict(
    'The member {member} already leaves the cluster {cluster}.',
    'No action needed. `picket status {cluster} --watch` shows it until etcd has removed it, and `picket events {cluster}` says when its node is evicted and its machine is free. To keep it, declare it again: `picket member add {cluster} {member} --address ADDRESS`.',
  ),
  no_cluster: notFound(
    'The coordinator has no cluster yet.',
    'Declare one: `picket cluster create NAME --hosts FILE --domain DOMAIN`.',
  ),
  context_missing: badRequest(
    'The context file {path} does not exist.',
    'Copy the context file that `picket-coordinator init` wrote to this path (mode 0600), or name it with --context FILE or in PICKET_CONTEXT. If an admin gave you a login string: `picket login https://HOST:PORT`.',
  ),
  context_unreadable: badRequest(
    'The context file {path} cannot be read: {problem}.',
    'It must be a file that you own, with mode 0600. To use another file, name it with --context FILE or in PICKET_CONTEXT.',
  ),
  context_exposed: badRequest(
    'The context file {path} can be read by others (mode {mode}), and it holds a private key.',
    'Run `chmod 600 {path}`. If others may have read it, have an admin run `picket operator revoke NAME`, which revokes the certificate in the file, and then `picket operator create NAME --role ROLE`.',
  ),
  context_invalid: badRequest(
    'The context file {path} is not valid: {problem}.',
    'Replace it with a complete copy of the file that `picket-coordinator init` wrote.',
  ),
  coordinator_untrusted: badGateway(
    'The coordinator at {url} cannot prove that it is yours: {problem}.',
    'Nothing was sent. Check the address. If a new coordinator was set up there, use the context file that its `picket-coordinator init` wrote.',
  ),
  coordinator_silent: gatewayTimeout(
    'The coordinator at {url} did not answer {request}: {reason}.',
    'The coordinator may have made the change all the same. Check with `{list}` or `picket events` before you repeat it.',
  ),
  not_confirmed: conflict(
    '{what} was not changed: {problem}.',
    'Read what would happen, then answer the question. Without a terminal, add the option that `--help` names for that: --yes, or --confirm with the name.',
  ),
  even_not_asked: conflict(
    'The cluster {cluster} was not changed: it would have {count} members, which are no safer than {fewer}.',
    'Use an odd number: name two members in one command, as in `{pair}`. To have {count} members all the same, repeat your command with --allow-even.',
  ),
  one_not_forced: conflict(
    'The cluster {cluster} was not changed: only one member would remain, and without it there is no etcd.',
    'To go down to one member all the same, repeat your command with --force.',
  ),
  secret_unreadable: badRequest(
    'The file {file} cannot be used: {problem}.',
    'Name a file that holds only the secret, on one line. - reads it from stdin.',
  ),
  no_channel: notFound(
    'The coordinator has no channel for notifications yet.',
    'Add one: `picket notify add NAME --ntfy URL`. `picket notify add --help` lists the other kinds.',
  ),
  file_exists: conflict(
    'The file {path} already exists.',
    'Name another file, or move the existing one to another place. Picket does not overwrite it; only `picket login --replace` replaces a context file.',
  ),
  file_unwritable: internalError(
    'The file {path} cannot be written: {problem}.',
    'Name another file, or correct the problem and try again. No part of the file was kept.',
  ),
  download_damaged: badGateway(
    'The download of the snapshot {id} differs from the snapshot on the coordinator: {problem}.',
    'Nothing was kept. Try again. `picket snapshot verify {id}` checks the one on the coordinator.',
  ),
  cli_failed: internalError(
    'picket failed unexpectedly: {problem}.',
    'Please report this as a bug, with the command that you ran.',
  ),
  wait_failed: conflict(
    'The wait for {goal} has failed: {problem}.',
    '`picket status {cluster}` says what to do, and `picket diagnose {cluster}` names the cause.',
  ),
  wait_timed_out: gatewayTimeout(
    'After {timeout} s, {goal} is not done. It waits for: {problem}.',
    'Only the wait has ended. `picket status {cluster} --watch` shows the progress. To wait for longer, give --timeout.',
  ),
  hold_not_begun: conflict(
    'The hold of {member} in {cluster} did not begin: {reason}.',
    'Do not reboot its machine. {advice}',
  ),
} as const;
