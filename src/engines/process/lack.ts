/** Why a program cannot run here, and what mends it. */
export interface Lack {
  reason: string
  fix: string
}
