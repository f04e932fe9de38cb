import { createTheme, Menu, Modal } from '@mantine/core'

// What opens or closes does so at once: a key that follows closely is for what is seen then, and is heard by it.
const atOnce = { defaultProps: { transitionProps: { duration: 0 } } }

export const theme = createTheme({
  primaryColor: 'cyan', primaryShade: 9, defaultRadius: 'sm', fontFamily: 'system-ui, "Noto Sans CJK SC", sans-serif',
  components: { Menu: Menu.extend(atOnce), Modal: Modal.extend(atOnce) },
})
