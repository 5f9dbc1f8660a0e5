/** Kinds of requests in words. */
export const MEANING = {
  read: 'reading a session',
  browse: 'looking at a product',
  stock: 'looking at its stock',
  write: 'writing a session',
  order: 'placing an order',
  list: 'listing the latest orders',
  transfer: 'a transfer between two users',
} as const
