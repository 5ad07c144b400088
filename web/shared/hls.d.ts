// hls.js without subtitles and the like; that part of it has no types of its own.
declare module 'hls.js/light' {
  import Hls from 'hls.js'
  export default Hls
}
