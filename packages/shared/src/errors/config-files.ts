/** Errors in files that people write: configurations and declarations. */
export const configFileErrors = {
  config_missing: {
    status: 500,
    message: 'The configuration file {file} cannot be read: {reason}.',
    hint: 'Name another file with --config, or copy the annotated sample from etc/.',
  },
  config_invalid: {
    status: 500,
    message: 'The configuration file {file} is not valid: {problem}.',
    hint: 'Correct it and try again; the annotated samples in etc/ show every key.',
  },
  declaration_unreadable: {
    status: 400,
    message: 'The file {file} cannot be read: {problem}.',
    hint: 'Name another file with --file. `picket cluster export NAME` prints one to start from.',
  },
  declaration_invalid: {
    status: 400,
    message: 'The file {file} is not a valid declaration of a cluster: {problem}.',
    hint: 'Correct it and try again; `picket cluster export NAME` prints one with every key.',
  },
} as const;
