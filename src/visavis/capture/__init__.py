"""Frames in, bounded, with their times: pictures, video files, and (with the service) live captures."""
