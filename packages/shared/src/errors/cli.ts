/** Errors of `picket`, the operator’s command. */
export const cliErrors = {
  unknown_code: {
    status: 404,
    message: 'No error, reason, event or exit code is called {code}.',
    hint: 'Codes like it: {near}. `picket explain` and `picket-agent explain` list all codes.',
  },
  usage_invalid: {
    status: 400,
    message: 'The command line is not right: {problem}.',
    hint: '`{command} --help` lists the arguments and options.',
  },
  cluster_not_named: {
    status: 400,
    message: 'There are several clusters: {clusters}.',
    hint: 'Repeat the command with the name of one of them.',
  },
  node_not_named: {
    status: 400,
    message: 'Several nodes have the name {name}: {nodes}.',
    hint: 'Repeat the command with the ID of one of them.',
  },
  member_leaves: {
    status: 409,
    message: 'The member {name} already leaves the cluster {cluster}.',
    hint: 'No action needed. `picket status {cluster} --watch` shows it until etcd has removed it, and `picket events {cluster}` says when its node is evicted and its machine is free. To keep it, declare it again: `picket member add {cluster} {name} --address ADDRESS`.',
  },
  no_cluster: {
    status: 404,
    message: 'The coordinator has no cluster yet.',
    hint: 'Declare one: `picket cluster create NAME --hosts FILE --domain DOMAIN`.',
  },
  context_missing: {
    status: 400,
    message: 'The context file {path} does not exist.',
    hint: 'Copy the context file that `picket-coordinator init` wrote to this path (mode 0600), or name it with --context FILE or in PICKET_CONTEXT. If an admin gave you a login string: `picket login https://HOST:PORT`.',
  },
  context_unreadable: {
    status: 400,
    message: 'The context file {path} cannot be read: {problem}.',
    hint: 'It must be a file that you own, with mode 0600. To use another file, name it with --context FILE or in PICKET_CONTEXT.',
  },
  context_exposed: {
    status: 400,
    message: 'The context file {path} can be read by others (mode {mode}), and it holds a private key.',
    hint: 'Run `chmod 600 {path}`. If others may have read it, have an admin run `picket operator revoke NAME`, which revokes the certificate in the file, and then `picket operator create NAME --role ROLE`.',
  },
  context_invalid: {
    status: 400,
    message: 'The context file {path} is not valid: {problem}.',
    hint: 'Replace it with a complete copy of the file that `picket-coordinator init` wrote.',
  },
  coordinator_untrusted: {
    status: 502,
    message: 'The coordinator at {url} cannot prove that it is yours: {problem}.',
    hint: 'Nothing was sent. Check the address. If a new coordinator was set up there, use the context file that its `picket-coordinator init` wrote.',
  },
  coordinator_silent: {
    status: 504,
    message: 'The coordinator at {url} did not answer {request}: {reason}.',
    hint: 'The coordinator may have made the change all the same. Check with `picket cluster list` or `picket events` before you repeat it.',
  },
  not_confirmed: {
    status: 409,
    message: '{what} was not changed: {problem}.',
    hint: 'Read what would be lost, then type its name when asked. Without a terminal, give the name with --confirm, or pass --yes if the command has that option.',
  },
  even_not_asked: {
    status: 409,
    message: 'The cluster {cluster} was not changed: it would have {count} members, which are no safer than {fewer}.',
    hint: 'Use an odd number: name two members in one command, as in `{pair}`. To have {count} members all the same, repeat your command with --allow-even.',
  },
  one_not_forced: {
    status: 409,
    message: 'The cluster {cluster} was not changed: only one member would remain, and without it there is no etcd.',
    hint: 'To go down to one member all the same, repeat your command with --force.',
  },
  secret_unreadable: {
    status: 400,
    message: 'The file {file} cannot be used: {problem}.',
    hint: 'Name a file that holds only the secret, on one line. - reads it from stdin.',
  },
  no_channel: {
    status: 404,
    message: 'The coordinator has no channel for notifications yet.',
    hint: 'Add one: `picket notify add NAME --ntfy URL`. `picket notify add --help` lists the other kinds.',
  },
  file_exists: {
    status: 409,
    message: 'The file {path} already exists.',
    hint: 'Name another file, or move the existing one to another place. Picket does not overwrite it; only `picket login --replace` replaces a context file.',
  },
  file_unwritable: {
    status: 500,
    message: 'The file {path} cannot be written: {problem}.',
    hint: 'Name another file, or correct the problem and try again. No part of the file was kept.',
  },
  download_damaged: {
    status: 502,
    message: 'The download of the snapshot {id} differs from the snapshot on the coordinator: {problem}.',
    hint: 'Nothing was kept. Try again. `picket snapshot verify {id}` checks the one on the coordinator.',
  },
  cli_failed: {
    status: 500,
    message: 'picket failed unexpectedly: {problem}.',
    hint: 'Please report this as a bug, with the command that you ran.',
  },
  wait_failed: {
    status: 409,
    message: 'The wait for {goal} has failed: {problem}.',
    hint: '`picket status {cluster}` says what to do, and `picket diagnose {cluster}` names the cause.',
  },
  wait_timed_out: {
    status: 504,
    message: 'After {timeout} s, {goal} is not done. It waits for: {problem}.',
    hint: 'Only the wait has ended. `picket status {cluster} --watch` shows the progress. To wait for longer, give --timeout.',
  },
  hold_not_begun: {
    status: 409,
    message: 'The hold of {member} in {cluster} did not begin: {reason}.',
    hint: 'Do not reboot its machine. {advice}',
  },
} as const;
