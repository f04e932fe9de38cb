// A number with a bar beside it that shows how it stands to the largest in its column.
import { Box, Group, Text } from '@mantine/core'

export function Bar({ value, most, text }: { value: number; most: number; text: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Text size="sm" w={44} ta="right">{text}</Text>
      <Box aria-hidden w={90}><Box h={8} bg="cyan.6" w={`${most > 0 ? (100 * value) / most : 0}%`} /></Box>
    </Group>
  )
}
