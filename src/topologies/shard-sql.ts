import { DATABASE_ROLES } from '../core/databases-file.js'
import { decodeOwners, type ShardMap, SLOT_STATES, SLOTS } from '../core/shard-map.js'

const { app } = DATABASE_ROLES

/** Products of every shard: a reference table, the same rows on each. */
export const SHARD_PRODUCTS = 1_000
/** What a user has at first. */
export const FIRST_BALANCE = 1_000
/** Rows that belong to a user live where the user lives; in the order in which a migration copies them. */
export const SHARDED_TABLES = ['users', 'orders', 'transfers', 'requests'] as const

const CREATED = "'2025-01-01T00:00:00Z'"
/** 2025-01-01 in milliseconds: the time in the order ids of the sample data. */
const CREATED_MS = 1_735_689_600_000

/**
 * The tables of a shard, empty but for the products: the same for every shard, so that all start from one template.
 *
 * Each row of a user has the user's slot. `slots` says where this shard stands with each of them (core/shard-map.ts);
 * whoever writes locks the slot's row FOR SHARE and looks at its state in the same statement, so that a migration which
 * changes the state waits for those who write, and they see the new one. The trigger holds every writer to that, ours or
 * not: what is not here is refused (SL421), what is held too (SL423), and what is leaving is noted in `changes`.
 */
export function shardSql(): string {
  const statements = [
    `SET ROLE ${app}`,
    `CREATE TABLE products (
  product_id text PRIMARY KEY,
  name text NOT NULL,
  price numeric(12, 2) NOT NULL CHECK (price >= 0),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`,
    `CREATE TABLE users (
  user_id text PRIMARY KEY,
  slot smallint NOT NULL,
  name text NOT NULL,
  balance bigint NOT NULL CHECK (balance >= 0),
  version bigint NOT NULL DEFAULT 0,
  data jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 80)`,
    'CREATE INDEX users_by_slot ON users (slot)',
    // order_id is a UUIDv7: unique over all shards, and in the order of time.
    `CREATE TABLE orders (
  order_id uuid PRIMARY KEY,
  slot smallint NOT NULL,
  request_key text,
  user_id text NOT NULL,
  product_id text NOT NULL REFERENCES products,
  quantity integer NOT NULL CHECK (quantity > 0),
  amount numeric(14, 2) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`,
    'CREATE INDEX orders_by_user ON orders (user_id, order_id)',
    'CREATE INDEX orders_by_slot ON orders (slot)',
    // The payer's shard has the debit, the payee's the credit; peer is the user on the other side.
    `CREATE TABLE transfers (
  transfer_id uuid NOT NULL,
  side text NOT NULL CHECK (side IN ('debit', 'credit')),
  slot smallint NOT NULL,
  user_id text NOT NULL,
  peer text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('pending', 'done', 'refused', 'undone')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (transfer_id, side)
)`,
    'CREATE INDEX transfers_by_slot ON transfers (slot)',
    "CREATE INDEX transfers_pending ON transfers (created_at) WHERE state = 'pending'",
    // A key counts within its slot: who uses one for users of two shards must not keep their slots from moving together.
    `CREATE TABLE requests (
  request_key text NOT NULL,
  slot smallint NOT NULL,
  kind text NOT NULL,
  entity text,
  status integer NOT NULL,
  body jsonb,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (request_key, slot)
)`,
    'CREATE INDEX requests_by_slot ON requests (slot)',
    `CREATE TABLE slots (
  slot smallint PRIMARY KEY,
  state text NOT NULL CHECK (state IN (${SLOT_STATES.map((state) => `'${state}'`).join(', ')})),
  held_until timestamptz
) WITH (fillfactor = 50)`,
    `CREATE TABLE shard_map (
  id integer PRIMARY KEY CHECK (id = 1),
  self text NOT NULL,
  version bigint NOT NULL,
  body jsonb NOT NULL
)`,
    `CREATE TABLE changes (
  change bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slot smallint NOT NULL,
  relation text NOT NULL,
  key text NOT NULL
)`,
    // Only ever one row, on the first shard: what is under way.
    'CREATE TABLE migration (id integer PRIMARY KEY CHECK (id = 1), body jsonb NOT NULL)',
    // CRC16/XMODEM, a byte at a time without a table.
    `CREATE FUNCTION crc16(bytes bytea) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  crc integer := 0;
  x integer;
BEGIN
  FOR i IN 0 .. length(bytes) - 1 LOOP
    x := ((crc >> 8) # get_byte(bytes, i)) & 255;
    x := x # (x >> 4);
    crc := ((crc << 8) # (x << 12) # (x << 5) # x) & 65535;
  END LOOP;
  RETURN crc;
END $$`,
    // The same as slotOfKey of src/strategies/sharding/keying.ts; a test holds them against each other.
    `CREATE FUNCTION slot_of(user_id text, keying text, span integer) RETURNS smallint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  tag text := substring(user_id from '\\{([^}]*)\\}');
  hash integer := crc16(convert_to(CASE WHEN tag <> '' THEN tag ELSE user_id END, 'UTF8'));
  n bigint := substring(user_id from '([0-9]{1,9})$')::bigint;
BEGIN
  RETURN CASE
    WHEN keying = 'range' AND n IS NOT NULL THEN least(${SLOTS - 1}, greatest(0, n - 1) * ${SLOTS} / span)
    WHEN keying = 'geo' THEN (CASE WHEN n IS NULL THEN hash % 8 ELSE (n + 7) % 8 END) * ${SLOTS / 8} + hash % ${SLOTS / 8}
    ELSE hash % ${SLOTS}
  END;
END $$`,
    // Runs with the rights of whoever writes. A query in it sees what was committed before that query began.
    `CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed record;
  place slots;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  SELECT * INTO place FROM slots WHERE slot = changed.slot FOR SHARE;
  IF place.state IS NULL OR place.state IN ('away', 'arriving') THEN
    RAISE EXCEPTION 'slot % is not served here', changed.slot USING ERRCODE = 'SL421';
  ELSIF place.state = 'held' AND place.held_until > clock_timestamp() THEN
    RAISE EXCEPTION 'slot % is held', changed.slot USING ERRCODE = 'SL423';
  ELSIF place.state <> 'here' THEN
    INSERT INTO changes (slot, relation, key) VALUES (changed.slot, TG_TABLE_NAME, CASE TG_TABLE_NAME
      WHEN 'users' THEN to_jsonb(changed) ->> 'user_id'
      WHEN 'orders' THEN to_jsonb(changed) ->> 'order_id'
      WHEN 'transfers' THEN (to_jsonb(changed) ->> 'transfer_id') || ' ' || (to_jsonb(changed) ->> 'side')
      ELSE to_jsonb(changed) ->> 'request_key' END);
  END IF;
  RETURN NULL;
END $$`,
    ...SHARDED_TABLES.map(
      (table) =>
        `CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION note_change()`,
    ),
    `INSERT INTO products
SELECT 'ECO-' || lpad(i::text, 6, '0'), 'Producto ' || i, ((i::bigint * 7919) % 9900 + 100) / 100.0, ${CREATED}
FROM generate_series(1, ${SHARD_PRODUCTS}) AS i`,
    'RESET ROLE',
    ...LAST,
  ]
  return joined(statements)
}

/** What made all this goes from the log, and little is left to copy. */
const LAST = ['VACUUM ANALYZE', 'SELECT pg_switch_wal()', 'CHECKPOINT']

/**
 * What one shard begins with: its slots, the map, and of so many users those whose slots it has, each with an order.
 * @param self its id; one that the map does not name has nothing
 * @param map addresses may be references that the engine fills in
 * @param rows users of all shards together
 */
export function shardSeedSql(self: string, map: ShardMap, rows: number): string {
  const index = map.shards.findIndex(({ id }) => id === self)
  const own = bitmap(decodeOwners(map.owners), index)
  const user = "'user-' || lpad(i::text, 6, '0')"
  const users = `SELECT i, ${user} AS user_id, slot_of(${user}, '${map.keying}', ${map.span}) AS slot
  FROM generate_series(1, ${rows}) AS i`
  const order = `lpad(to_hex(${CREATED_MS} + i), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0')`
  return joined([
    // The triggers are for those who come later.
    'SET session_replication_role = replica',
    `SET ROLE ${app}`,
    `INSERT INTO shard_map VALUES (1, '${self}', ${map.version}, '${JSON.stringify(map)}')`,
    `INSERT INTO slots
SELECT s, CASE get_bit(${own}, s) WHEN 1 THEN 'here' ELSE 'away' END FROM generate_series(0, ${SLOTS - 1}) AS s`,
    ...(index === -1
      ? []
      : [
          `INSERT INTO users
SELECT user_id, slot, 'Usuario ' || i, ${FIRST_BALANCE}, 0, jsonb_build_object('cart', i % 7), ${CREATED}, ${CREATED}
FROM (${users}) AS u WHERE get_bit(${own}, slot) = 1`,
          `INSERT INTO orders
SELECT (${order})::uuid, slot, NULL, user_id, product_id, i % 3 + 1, price * (i % 3 + 1), ${CREATED}::timestamptz + i * interval '1 ms'
FROM (SELECT u.slot, u.user_id, substring(u.user_id from 6)::integer AS i FROM users AS u) AS own
JOIN products ON product_id = 'ECO-' || lpad((i % ${SHARD_PRODUCTS} + 1)::text, 6, '0')
ORDER BY i`,
        ]),
    'RESET ROLE',
    ...LAST,
  ])
}

/** One bit per slot, as get_bit counts them: the lowest bit of the first byte is slot 0. */
function bitmap(owners: Uint8Array, index: number): string {
  const bits = Buffer.alloc(SLOTS / 8)
  for (let slot = 0; slot < SLOTS; slot++) {
    if (owners[slot] === index) bits[slot >> 3] = (bits[slot >> 3] ?? 0) | (1 << (slot & 7))
  }
  return `decode('${bits.toString('base64')}', 'base64')`
}

/** Statements as PostgreSQL's single-user mode wants them: separated by an empty line. */
function joined(statements: readonly string[]): string {
  return `${statements.join(';\n\n')};\n`
}
