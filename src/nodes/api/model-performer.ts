import { type Alarm, monotonicMs, startAlarm } from './alarm.js'
import { DueQueue } from './due-queue.js'
import type { Performer } from './performer.js'
import { type ModelWork, ServiceModel } from './service-model.js'

/** The calibrated service model in real time: every request is answered when its virtual finish has passed. */
export async function modelPerformer(work: ModelWork, random: () => number): Promise<Performer> {
  const model = new ServiceModel(work, random)
  const finishing = new DueQueue<() => void>()
  let alarmSet = Number.POSITIVE_INFINITY
  const alarm: Alarm = await startAlarm(() => {
    alarmSet = Number.POSITIVE_INFINITY
    for (;;) {
      const finish = finishing.popDue(monotonicMs())
      if (finish === undefined) break
      finish()
    }
    setAlarm()
  })

  function setAlarm(): void {
    if (finishing.nextDue >= alarmSet) return
    alarmSet = finishing.nextDue
    alarm.set(alarmSet)
  }

  return {
    perform(done) {
      const admission = model.admit(monotonicMs())
      if (admission === undefined) return false
      const { arrival, start, finish } = admission
      finishing.push(finish, () => done({ queueMs: start - arrival, serviceMs: finish - start }))
      setAlarm()
      return true
    },
    queueLength: () => model.waiting(monotonicMs()),
    close: () => alarm.close(),
  }
}
