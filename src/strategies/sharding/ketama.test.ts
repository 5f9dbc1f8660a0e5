import { describe, expect, it } from 'vitest'
import { ketama } from './ketama.js'
import { DEFAULT_SCHEME_OPTIONS } from './registry.js'

/**
 * libmemcached's test of compatibility: servers with weights (test/tests/memcached/ketama.cpp,
 * "memcached_ketama_compat") ...
 */
const SERVERS = [600, 300, 200, 350, 1000, 800, 950, 100].map((weight, i) => ({ id: `10.0.1.${i + 1}:11211`, weight }))
/** ... and which of its keys each server has (test/fixtures/ketama.hpp). */
const FOUND: Record<string, readonly string[]> = {
  '10.0.1.1:11211': [
    '*/Z;?V(.\\8',
    '/XLN0@+36;',
    '4(`X;\\V.^c',
    '\\`)<B)UE,c',
    'P1L?NAB[)K',
    '`,SS]NBP,b',
    '.=54)_c;=T',
    'aPb3E1WD4K',
    'bV2,`a.PY9',
    'U;9:-+5N]9',
    '?K2NF@3=IU',
    'M(@X^b[L:K',
    '4*=.SPR[AV',
    'VD6D0]ba_\\',
  ],
  '10.0.1.2:11211': ['30C1*Z*S/_', '(,>E`)FT\\4', '8*6a;Sc*X+', '1S/:aJ[1(;'],
  '10.0.1.3:11211': ['D[HE+cFXDK', '\\39DKW^)N_'],
  '10.0.1.4:11211': [
    'EM75N0+[X1',
    ']\\.UH8_0a1',
    'UNHVP..^8H',
    'ZY16KQ<ICD',
    ';=ZT\\W^P+H',
    'b2?WFF56;R',
    '1bQS5]WOXB',
    '[1ZXONX2]a',
    'FL;\\GWacaV',
  ],
  '10.0.1.5:11211': [
    '1I=cTMNTKF',
    ']VG<`I*Z8)',
    'UUTC`-V159',
    '@7RU6C6T+Z',
    'cDT0)Z5P6,',
    '@JW`+[WAO8',
    'XX1a9LT+F?',
    'Zc\\-,F-c6V',
    'R-08RNTaRT',
    '(LHcO203I3',
    '=256P+;Qc8',
    'WHD\\O1`ZRW',
    ';G<W-XWZ@b',
    '.O,>>BT)RX',
    '<QW:;3K6;H',
    '7C@EY@-Y?_',
    'N-)88>[O`,',
    'W2`P:-+1T[',
    '5?50UGZ:ML',
    'YI@G-2X?UB',
    '<b;*R+QDST',
    '\\R^7=9UCG`',
    'WS/3H*)7F;',
    'X*+2aaC.EG',
  ],
  '10.0.1.6:11211': [
    '6,cEI`F_P>',
    'XY\\X::LX50',
    '+550F^/.01',
    'QR(a+Q=1FU',
    '`C9^FV,960',
    'Nb-X^]M)I:',
    '[>RZHG97Q9',
    '`@L+W;a,O[',
    'U>*>9ZI6V5',
    '.I?^6Ic9RK',
    '7cY</BSaL=',
    'A(`KF:[RH8',
    '(bEIQJ:E./',
    '\\[a\\^=V_M0',
  ],
  '10.0.1.7:11211': [
    'SVa_]_V41)',
    'ERR:EC58G>',
    '726bW=9*a4',
    '*Xc+V0P>32',
    'U))Fb-(`,.',
    'OI5XZ_BBT(',
    '2TLRL/UL;:',
    'HZAU*;P*N]',
    'NZ@ZE=O84_',
    '<.X9E2S5+9',
    '8(6=(T0/Z0',
    ':Y.2W2[(35',
    'M/HV^_HZ4O',
    '2;M;ES>J5/',
    'J3/G[)9<^Z',
    'NP:=FR\\OaA',
    '-6G7K^YDIN',
    '431cBF8,YO',
    'ZJF[Ia6Q)+',
    '<]*QCK8U,>',
    '7;RM+8J9YC',
    '-2F+^88P4U',
    'X;-F`(N?9D',
    'R=F_D-K2a]',
    '\\MQ_XNT7L-',
  ],
  '10.0.1.8:11211': ['P1[Ma3=K1/', 'C89I.-V?cT', '1*RTMC7,03', 'c,5AQ/T5)6', '?@12R<=1BH', '0OZH^9BKM[', 'CTR74,J+N.'],
}

describe('ketama', () => {
  const placement = ketama.place(SERVERS, DEFAULT_SCHEME_OPTIONS)
  const serverOf = (key: string): string | undefined => SERVERS[placement.shardOf(key)]?.id

  it.each(Object.entries(FOUND))('finds %s where libmemcached does', (server, keys) => {
    expect(keys.map(serverOf)).toEqual(keys.map(() => server))
  })

  it('finds the first server behind the last point, as libmemcached does for VDEAAAAA', () => {
    expect(serverOf('VDEAAAAA')).toBe(SERVERS[placement.arcs?.()[0]?.shard ?? -1]?.id)
  })

  it('has 160 points of an average server, by weight, in fours', () => {
    const arcs = placement.arcs?.() ?? []
    const counts = SERVERS.map((_, shard) => arcs.slice(0, -1).filter((arc) => arc.shard === shard).length)
    // floor(weight / 4,300 * 40 * 8) * 4
    expect(counts).toEqual([176, 88, 56, 104, 296, 236, 280, 28])
  })

  it('knows a server by its name without the default port, and with any other', () => {
    const arcs = (id: string) => ketama.place([{ id, weight: 1 }], DEFAULT_SCHEME_OPTIONS).arcs?.()
    expect(arcs('cache.example:11211')).toEqual(arcs('cache.example'))
    expect(arcs('cache.example:11212')).not.toEqual(arcs('cache.example'))
  })
})
