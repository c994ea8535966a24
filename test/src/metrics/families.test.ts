import fc from 'fast-check'
import t from 'tap'
import { type Family, renderFamilies } from '../../../src/metrics/families.js'
import { Histogram } from '../../../src/metrics/histogram.js'
import { readPrometheus } from '../../support/prometheus.js'

t.test('whatever a label or a help holds is read back as it was', async t => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.double().map(one => one + 0),
      (text, value) => {
        const samples = [{ labels: { service: text }, value }]
        const read = readPrometheus(renderFamilies([{ name: 'a_total', type: 'counter', help: text, samples }]))
        t.same([...read.series], [[`a_total{service=${text}}`, value]])
      },
    ),
    { examples: [['"\\\n', 1]] },
  )
})

t.test('a family without samples is left out', async t => {
  const empty: Family = { name: 'a', type: 'gauge', help: '', samples: [] }
  t.equal(renderFamilies([empty]), '')
})

t.test('a histogram counts each value once, at or below its bound', async t => {
  const histogram = new Histogram([1, 10])
  for (const value of [0, 1, 5, 10, 11]) histogram.observe(value)
  const text = renderFamilies([{ name: 'h', type: 'histogram', help: 'x', samples: histogram.samples() }])
  const { series } = readPrometheus(text)
  t.same([...series.values()], [2, 4, 5, 27, 5])
})
