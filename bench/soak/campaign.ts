/** What a campaign is to the one who runs it: rounds drawn from a seed, each of which must hold. */

/** A rule was broken: the campaign ends, and says its seed. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** A campaign that is under way. */
export interface OpenCampaign {
  /** One round, all of it drawn from the seed. @throws {Violation} when what must hold does not */
  round(seed: number): Promise<void>
  /** What was found, in lines, when the rounds are over. */
  report?(): readonly string[]
  /** Ends everything that the rounds have started. */
  close(): Promise<void>
}

export interface Campaign {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  /** Rounds when none are asked for. */
  readonly rounds: number
  open(): Promise<OpenCampaign>
}
