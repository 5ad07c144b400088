// Where pictures lie. An address that begins with ":" is on the host of this page, at another port.
import { site } from './site'

export interface Picture {
  state: 'none' | 'on' | 'cut' | 'over'
  stream: string
  first_frame_at?: string | null
  cut_at?: string | null
  of?: string | null
}

export function onHost(address: string, scheme = 'http'): string {
  return address.startsWith(':') ? `${scheme}://${location.hostname}${address}` : address
}
export const liveAddress = (stream: string) => onHost(site.media.live_url).replace('{stream}', stream)
export const allAddress = (stream: string) => onHost(site.media.all_url).replace('{stream}', stream)
export const clipAddress = (name: string, file: 'clip.mp4' | 'poster.jpg') => `${onHost(site.media.clips_url)}/${name}/${file}`
export const ingestAddress = () => onHost(site.media.ingest_url, 'rtmp')

// Where an instant lies in a playlist, in seconds from its beginning: each segment says when its first frame was.
export function positionAt(playlist: string, instant: number): number {
  let at = 0
  let position = 0
  let begun = NaN
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) begun = Date.parse(line.slice(25))
    else if (line.startsWith('#EXTINF:')) {
      const length = parseFloat(line.slice(8))
      if (!Number.isNaN(begun) && begun <= instant) position = at + Math.min((instant - begun) / 1000, length)
      at += length
      begun = NaN
    }
  }
  return position
}
