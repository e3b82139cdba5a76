/** Files that people write: configurations and declarations. */
export const configFileErrors = {
  config_missing: {
    status: 500,
    message: 'The configuration file {file} cannot be read: {reason}.',
    hint: 'Name another with --config, or copy the annotated sample from etc/.',
  },
  config_invalid: {
    status: 500,
    message: 'The configuration file {file} is not valid: {problem}.',
    hint: 'Correct it and try again; the annotated samples in etc/ show every key.',
  },
  declaration_unreadable: {
    status: 400,
    message: 'The file {file} cannot be read: {problem}.',
    hint: 'Name another with --file. `picket cluster export NAME` prints one to begin with.',
  },
  declaration_invalid: {
    status: 400,
    message: 'The file {file} does not say what a cluster should be: {problem}.',
    hint: 'Correct it and try again; `picket cluster export NAME` prints one with every key.',
  },
} as const;
