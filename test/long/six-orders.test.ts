import t from 'tap';
import { testJoinOrders } from '../support/join-order.ts';

testJoinOrders(t, [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
]);
