import { expect, it } from 'vitest'
import { readCodes } from './codes'

const codes = (text: string) => readCodes(text).map((one) => one.code)

it('takes a column as it was copied, each code once, whatever its case', () => {
  expect(codes('A001\r\nA002\n\n a001 \nA003')).toEqual(['A001', 'A002', 'A003'])
  expect(codes('')).toEqual([])
})
it('takes the column headed "code" of a CSV, else the first', () => {
  expect(codes('\ufeffname,code\n"Anna","A001"\nBella;A002')).toEqual(['A001', 'A002'])
  expect(codes('A001\tAnna\nA002\tBella')).toEqual(['A001', 'A002'])
})
it('knows the line each stands in', () => {
  expect(readCodes('code\nA001\n\nA009')).toEqual([{ line: 2, code: 'A001' }, { line: 4, code: 'A009' }])
})
