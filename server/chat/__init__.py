"""What the chat is: names, entries, events and the room. Pure: it knows no socket, no thread and no clock."""
