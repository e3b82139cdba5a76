import { badGateway, badRequest, conflict } from './by-status.ts';
/** Errors about notifications. */
export const notificationErrors = {
  channel_exists: conflict(
    'A channel with the name {name} already exists.',
    'Choose another name. To change a channel, remove it (`picket notify remove {name}`) and add it again.',
  ),
  channel_limit: conflict(
    'The coordinator already has {most} channels for notifications, and takes no more.',
    'Remove one that nobody reads: `picket notify list`, then `picket notify remove NAME`.',
  ),
  channel_invalid: badRequest(
    'The channel {name} was not added: {problem}.',
    'Correct the option and run the command again. `picket notify add --help` lists the options.',
  ),
  notification_failed: badGateway(
    'The channel {name} did not deliver the message: {reason}.',
    'Check the receiver and the network between it and the coordinator. To change the address or a secret, remove the channel (`picket notify remove {name}`) and add it again.',
  ),
} as const;
