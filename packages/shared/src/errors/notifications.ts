/** Errors about notifications. */
export const notificationErrors = {
  channel_exists: {
    status: 409,
    message: 'A channel with the name {name} already exists.',
    hint: 'Choose another name. To change a channel, remove it (`picket notify remove {name}`) and add it again.',
  },
  channel_limit: {
    status: 409,
    message: 'The coordinator already has {most} channels for notifications, and takes no more.',
    hint: 'Remove one that nobody reads: `picket notify list`, then `picket notify remove NAME`.',
  },
  channel_invalid: {
    status: 400,
    message: 'The channel {name} was not added: {problem}.',
    hint: 'Correct the option and run the command again. `picket notify add --help` lists the options.',
  },
  notification_failed: {
    status: 502,
    message: 'The channel {name} did not deliver the message: {reason}.',
    hint: 'Check the receiver and the network between it and the coordinator. To change the address or a secret, remove the channel (`picket notify remove {name}`) and add it again.',
  },
} as const;
