/** What the operator’s command meets. */
export const cliErrors = {
  usage_invalid: {
    status: 400,
    message: 'The command line is not right: {problem}.',
    hint: 'Run `{command} --help` for what it takes.',
  },
  context_missing: {
    status: 400,
    message: 'There is no context file at {path}.',
    hint: '`picket-coordinator init` writes one: copy it here (mode 0600), or name it with --context FILE or in PICKET_CONTEXT.',
  },
  context_unreadable: {
    status: 400,
    message: 'The context file {path} cannot be read: {problem}.',
    hint: 'It must be a file that you own, with mode 0600; --context FILE or PICKET_CONTEXT names another.',
  },
  context_exposed: {
    status: 400,
    message: 'The context file {path} can be read by others (mode {mode}), and it holds a private key.',
    hint: 'Run `chmod 600 {path}`. If others may have read it: it cannot be revoked yet, but on the coordinator `picket-coordinator operator NAME --role viewer --context FILE` takes the rights of that operator away; make another for yourself.',
  },
  context_invalid: {
    status: 400,
    message: 'The context file {path} is not valid: {problem}.',
    hint: 'Put back the file that `picket-coordinator init` wrote, whole.',
  },
  coordinator_untrusted: {
    status: 502,
    message: 'The coordinator at {url} cannot be told from an impostor: {problem}.',
    hint: 'Nothing was sent. Check the address; if the coordinator was set up anew, use the context file that its init wrote.',
  },
  coordinator_silent: {
    status: 504,
    message: 'The coordinator at {url} gave no answer to {request}: {reason}.',
    hint: 'A change may have been made all the same: look with `picket cluster list` or `picket events` before you repeat it.',
  },
  not_confirmed: {
    status: 409,
    message: '{what} was left as it is: {problem}.',
    hint: 'Type its name when asked, or pass --yes.',
  },
  file_exists: {
    status: 409,
    message: 'There is already a file {path}.',
    hint: 'Name another, or move that one away: it is not overwritten.',
  },
  file_unwritable: {
    status: 500,
    message: 'The file {path} cannot be written: {problem}.',
    hint: 'Name another place, or make room there. Nothing half is left.',
  },
  download_damaged: {
    status: 502,
    message: 'What came of the snapshot {id} is not what the coordinator has: {problem}.',
    hint: 'Nothing was kept. Try again; `picket snapshot verify {id}` looks at the one on the coordinator.',
  },
  cli_failed: {
    status: 500,
    message: 'picket failed unexpectedly: {problem}.',
    hint: 'Please report this as a bug, with the command that you ran.',
  },
} as const;
