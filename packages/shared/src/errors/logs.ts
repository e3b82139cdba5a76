import { conflict, gatewayTimeout, notFound, tooManyRequests } from './by-status.ts';
/** Errors about reading the logs of a node. */
export const logErrors = {
  log_not_sent: gatewayTimeout(
    'The node {node} did not send its log within {seconds} s: {reason}.',
    '`picket status {cluster}` shows whether the node reports. On its machine, `picket-agent diagnose` needs no coordinator, and docs/how-to/read-logs.md says where the logs are.',
  ),
  log_agent_too_old: conflict(
    'The agent of the node {node} has version {version}, which is older than `picket logs`.',
    'Install the agent of the coordinator’s version there. Until then, docs/how-to/read-logs.md says where the logs are on its machine.',
  ),
  log_unreadable: conflict(
    'The agent of the node {node} cannot read the log of its {log}: {reason}.',
    'Correct that on its machine. docs/how-to/read-logs.md says where the logs are.',
  ),
  log_of_evicted_node: conflict(
    'The node {node} was evicted at {evictedAt}, and the coordinator takes nothing from it.',
    'Read its logs on its machine: docs/how-to/read-logs.md says where they are.',
  ),
  too_many_log_requests: tooManyRequests(
    'The coordinator reads {most} logs of {of} at the same time. More are not allowed.',
    'Try again in a few seconds, or end another `picket logs`.',
  ),
  log_follow_unknown: notFound(
    'The coordinator does not know this reading of a log, or no longer.',
    'Ask for the log again, with the cursor of the last answer.',
  ),
  log_order_unknown: conflict(
    'The coordinator does not ask this node for the log of the order {id}, or no longer.',
    'No action needed: the operator who asked no longer waits.',
  ),
} as const;
